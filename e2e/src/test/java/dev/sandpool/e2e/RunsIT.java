package dev.sandpool.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Programs;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code /v1/runs} in real gVisor pods. */
@Timeout(300)
class RunsIT {
    private static final String BOUNDARY = "b0undary";
    private static final JsonMapper JSON = new JsonMapper();

    private static TestPool pool;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @BeforeAll
    static void make() {
        pool = TestPool.made(
                "runs", "workers: 2, warm: {min: 2, max: 2}, limits: {runTimeout: 30s, output: 64Ki, cpuTime: 3s}");
    }

    @AfterAll
    static void delete() {
        pool.close();
    }

    @AfterEach
    void close() {
        http.shutdownNow();
    }

    @Test
    void outputComesBeforeTheEndAndACancelledRunsPodIsGone() throws Exception {
        HttpRequest request = post("?id=cancelled", "#!/bin/sh\necho begun\nsleep 60\n")
                .header("Accept", "application/x-ndjson")
                .build();
        var reply = http.send(request, BodyHandlers.ofInputStream());

        try (var lines = new BufferedReader(new InputStreamReader(reply.body(), UTF_8))) {
            String pod = json(lines.readLine()).at("/sandbox/name").asText();
            assertThat(lines.readLine()).contains("begun");
            assertThat(podNames()).contains(pod);

            assertThat(http.send(to("/v1/runs/cancelled").DELETE().build(), BodyHandlers.discarding())
                            .statusCode())
                    .isEqualTo(204);
            assertThat(lines.readLine()).contains("/problems/cancelled");
            TestPool.patiently().untilAsserted(() -> assertThat(podNames()).doesNotContain(pod));
        }
    }

    @Test
    void filesInputArgumentsAndEnvironmentReachTheProgram() throws Exception {
        String form = part("name=\"options\"", "{\"arguments\":[\"hi\"],\"environment\":{\"X\":\"there\"}}")
                + part("name=\"file\"; filename=\"data/a.txt\"", "A\n")
                + part("name=\"file\"; filename=\"tool\"\r\nSandpool-Mode: 755", "#!/bin/sh\necho tool\n")
                + part("name=\"program\"", "#!/bin/sh\necho $1 $X; cat data/a.txt; ./tool; cat; exit 3\n")
                + part("name=\"stdin\"", "the input")
                + "--" + BOUNDARY + "--\r\n";

        JsonNode run = whenReady(to("/v1/runs")
                .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
                .POST(BodyPublishers.ofString(form))
                .build());

        assertThat(run.path("exitCode").asInt()).isEqualTo(3);
        assertThat(run.at("/stdout/text").asText()).isEqualTo("hi there\nA\ntool\nthe input");
    }

    @Test
    void everyOutcomeOfAProgramIsTold() throws Exception {
        JsonNode signalled = run("", "#!/bin/sh\nkill -SEGV $$\n");
        assertThat(signalled.path("outcome").asText()).isEqualTo("signalled");
        assertThat(signalled.path("signal").asText()).isEqualTo("SIGSEGV");

        JsonNode late = run("?runTimeout=3s", "#!/bin/sh\necho partial\nsleep 60\n");
        assertThat(late.path("outcome").asText()).isEqualTo("timed-out");
        assertThat(late.at("/stdout/text").asText()).isEqualTo("partial\n");

        assertThat(run("?cpuTime=300ms", "#!/bin/sh\nwhile :; do :; done\n")
                        .path("outcome")
                        .asText())
                .isEqualTo("cpu-time-exceeded");

        JsonNode large = run("?output=100", "#!/bin/sh\nwhile :; do echo 0123456789; done\n");
        assertThat(large.path("outcome").asText()).isEqualTo("output-too-large");
        assertThat(large.at("/stdout/bytes").asInt()).isEqualTo(100);
        assertThat(large.at("/stdout/truncated").asBoolean()).isTrue();

        JsonNode failed = run("", "nonsense");
        assertThat(failed.path("outcome").asText()).isEqualTo("failed-to-start");
        assertThat(failed.path("message").asText()).contains("exec format error");

        JsonNode hog = whenReady(to("/v1/runs?memory=16Mi")
                .POST(BodyPublishers.ofByteArray(Programs.staticC("hog")))
                .build());
        assertThat(hog.path("outcome").asText()).isEqualTo("out-of-memory");
    }

    @Test
    void theSameRequestIsAnsweredFromWhatIsKept() throws Exception {
        String first = run("?id=again", "#!/bin/sh\nread id </proc/sys/kernel/random/uuid; echo $id $$\n")
                .toString();

        assertThat(run("?id=again", "#!/bin/sh\nread id </proc/sys/kernel/random/uuid; echo $id $$\n"))
                .hasToString(first);
        assertThat(whenReady(to("/v1/runs/again").build())).hasToString(first);
        assertThat(run("?id=again", "#!/bin/sh\n").path("type").asText()).isEqualTo("/problems/id-in-use");
    }

    @Test
    void aPersonCanTalkToAProgramAndInterruptIt() throws Exception {
        TestPool.patiently().until(() -> pool.warm() == 2);
        var events = new LinkedBlockingQueue<String>();
        WebSocket socket = http.newWebSocketBuilder()
                .buildAsync(
                        URI.create(pool.service()
                                .base()
                                .resolve("/v1/runs/live")
                                .toString()
                                .replace("http:", "ws:")),
                        new Messages(events))
                .get(20, TimeUnit.SECONDS);

        socket.sendText("{}", true).get(20, TimeUnit.SECONDS);
        binary(socket, "#!/bin/sh\ntrap 'echo bye; exit 5' INT\nwhile read line; do echo you said $line; done\n");
        socket.sendText("{\"event\":\"program-end\"}", true).get(20, TimeUnit.SECONDS);
        assertThat(next(events).path("event").asText()).isEqualTo("started");
        binary(socket, "hello\n");
        assertThat(next(events).path("text").asText()).isEqualTo("you said hello\n");
        socket.sendText("{\"event\":\"signal\",\"signal\":\"SIGINT\"}", true).get(20, TimeUnit.SECONDS);
        assertThat(next(events).path("text").asText()).isEqualTo("bye\n");
        assertThat(next(events).path("exitCode").asInt()).isEqualTo(5);
    }

    @Test
    void moreThanThePoolAllowsIsRefusedWithTheBound() throws Exception {
        JsonNode problem = run("?runTimeout=1h", "x");

        assertThat(problem.path("field").asText()).isEqualTo("runTimeout");
        assertThat(problem.path("value").asText()).isEqualTo("1h");
        assertThat(problem.path("bound").asText()).isEqualTo("30s");
    }

    private static void binary(WebSocket socket, String bytes) throws Exception {
        socket.sendBinary(ByteBuffer.wrap(bytes.getBytes(UTF_8)), true).get(20, TimeUnit.SECONDS);
    }

    private static JsonNode next(BlockingQueue<String> events) throws Exception {
        String event = events.poll(20, TimeUnit.SECONDS);
        assertThat(event).isNotNull();
        return json(event);
    }

    private JsonNode run(String query, String program) throws JsonProcessingException {
        return whenReady(post(query, program).build());
    }

    private JsonNode whenReady(HttpRequest request) throws JsonProcessingException {
        return json(TestPool.patiently()
                .until(() -> http.send(request, BodyHandlers.ofString()), reply -> reply.statusCode() != 503)
                .body());
    }

    private static JsonNode json(String text) throws JsonProcessingException {
        return JSON.readTree(text);
    }

    private static HttpRequest.Builder post(String query, String program) {
        return to("/v1/runs" + query).POST(BodyPublishers.ofString(program));
    }

    private static HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(pool.service().base().resolve(path));
    }

    private static String part(String disposition, String content) {
        return "--" + BOUNDARY + "\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
    }

    private static Set<String> podNames() {
        return pool.sandboxes().stream()
                .map(Pod::getMetadata)
                .map(ObjectMeta::getName)
                .collect(Collectors.toSet());
    }

    /** Each text message, whole. */
    private static final class Messages implements WebSocket.Listener {
        private final BlockingQueue<String> whole;
        private final StringBuilder part = new StringBuilder();

        Messages(BlockingQueue<String> whole) {
            this.whole = whole;
        }

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            part.append(data);
            if (last) {
                whole.add(part.toString());
                part.setLength(0);
            }
            return WebSocket.Listener.super.onText(socket, data, last);
        }
    }
}
