package dev.sandpool.runner.api;

import static dev.sandpool.runner.sandbox.StandardStream.STDERR;
import static dev.sandpool.runner.sandbox.StandardStream.STDOUT;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RunInput;
import dev.sandpool.runner.sandbox.RunResult;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code POST /v1/runs} over real HTTP, with sandboxes that do as the test says. */
class RunsApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final RunResult.Facts FACTS =
            new RunResult.Facts(Duration.ofMillis(12), Duration.ofMillis(3), Duration.ofMillis(1), 4096);

    private final FakeSandboxes sandboxes = new FakeSandboxes(FakeSandboxes.printing("hello\n", 3));
    private final RunningServer server = new RunningServer(sandboxes, "--cpu-time-limit=2s");
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void stop() {
        http.shutdownNow();
        server.close();
    }

    @Test
    void theFactsOfARunComeBackAsJson() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            output.write(STDOUT, bytes("grüße"), 0, bytes("grüße").length);
            output.write(STDERR, new byte[] {(byte) 0xff, 0}, 0, 2);
            return new RunResult.Exited(3, FACTS);
        });

        var answer = post("", "program");

        JsonNode run = JSON.readTree(answer.body());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("sandpool-run"))
                .contains(run.path("id").asText());
        assertThat(answer.headers().firstValue("server-timing").orElse("")).contains("queue;dur=");
        assertThat(run.path("outcome").asText()).isEqualTo("exited");
        assertThat(run.path("exitCode").asInt()).isEqualTo(3);
        assertThat(run.has("signal")).isFalse();
        assertThat(run.path("stdout")).isEqualTo(JSON.readTree("{\"bytes\":7,\"truncated\":false,\"text\":\"grüße\"}"));
        assertThat(run.path("stderr"))
                .isEqualTo(JSON.readTree("{\"bytes\":2,\"truncated\":false,\"base64\":\"/wA=\"}"));
        assertThat(run.path("usage"))
                .isEqualTo(JSON.readTree(
                        "{\"wallMillis\":12.0,\"userMillis\":3.0,\"systemMillis\":1.0,\"peakMemoryBytes\":4096}"));
        assertThat(run.path("sandbox").path("name").asText()).startsWith("fake-");
        assertThat(run.path("phases").has("runMillis")).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "signalled, signal, SIGSEGV",
        "timed-out, , ",
        "cpu-time-exceeded, , ",
        "out-of-memory, , ",
        "failed-to-start, message, exec format error",
        "sandbox-lost, message, lost the sandbox during the run"
    })
    void eachOutcomeIsSaid(String outcome, String field, String value) throws Exception {
        RunResult result = switch (outcome) {
            case "signalled" -> new RunResult.Signalled(11, FACTS);
            case "timed-out" -> new RunResult.TimedOut(FACTS);
            case "cpu-time-exceeded" -> new RunResult.CpuTimeExceeded(FACTS);
            case "out-of-memory" -> new RunResult.OutOfMemory(FACTS);
            case "failed-to-start" -> new RunResult.FailedToStart("exec format error");
            default -> new RunResult.SandboxLost("the node burned");
        };
        ending(result);

        JsonNode run = JSON.readTree(post("", "program").body());

        assertThat(run.path("outcome").asText()).isEqualTo(outcome);
        assertThat(run.path("stdout").path("text").asText()).isEqualTo("so far");
        if (field != null) {
            assertThat(run.path(field).asText()).isEqualTo(value);
        }
    }

    @Test
    void whatWasPrintedUpToTheLimitIsKeptAndSaidToBeCutOff() throws Exception {
        ending(new RunResult.OutputTooLarge(FACTS));

        JsonNode run = JSON.readTree(post("?output=6", "program").body());

        assertThat(run.path("outcome").asText()).isEqualTo("output-too-large");
        assertThat(run.path("stdout").path("truncated").asBoolean()).isTrue();
        assertThat(run.path("stderr").path("truncated").asBoolean()).isFalse();
    }

    @Test
    void theOrderOfTheOutputIsToldOnRequest() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            for (String piece : List.of("a", "b")) {
                output.write(STDOUT, bytes(piece), 0, 1);
            }
            output.write(STDERR, bytes("!"), 0, 1);
            output.write(STDOUT, bytes("c"), 0, 1);
            return new RunResult.Exited(0, FACTS);
        });

        JsonNode run = JSON.readTree(post("?interleaved=true", "program").body());

        assertThat(run.path("output")).isEqualTo(JSON.readTree("""
                [{"stream":"stdout","text":"ab"},{"stream":"stderr","text":"!"},{"stream":"stdout","text":"c"}]"""));
        assertThat(run.path("stdout")).isEqualTo(JSON.readTree("{\"bytes\":3,\"truncated\":false}"));
    }

    @Test
    void optionsOfTheQueryReachTheRun() throws Exception {
        var seen = new AtomicReference<ProgramRequest>();
        var input = new AtomicReference<String>();
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            input.set(new String(request.input().standardInput().readAllBytes(), UTF_8));
            seen.set(request);
            return new RunResult.Exited(0, FACTS);
        });

        var answer = post(
                "?arguments=a&arguments=%C3%BC&environment=A=b=c&runTimeout=2s&cpuTime=500ms&memory=8Mi&output=1000&pids=3&stdin=hi",
                "program");

        assertThat(answer.statusCode()).isEqualTo(200);
        ProgramRequest request = seen.get();
        assertThat(request.arguments()).containsExactly("a", "\u00c3\u00bc");
        assertThat(request.environment()).containsEntry("A", "b=c");
        assertThat(request.asked().runTimeout()).contains(Duration.ofSeconds(2));
        assertThat(request.asked().cpuTime()).contains(Duration.ofMillis(500));
        assertThat(request.asked().memoryBytes()).hasValue(8 << 20);
        assertThat(request.asked().outputBytes()).hasValue(1000);
        assertThat(request.asked().pids()).hasValue(3);
        assertThat(input.get()).isEqualTo("hi");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "?runTimeout=20s | runTimeout | 20s | runTimeout 20s is more than the pool allows, which is 5s",
                "?cpuTime=3s | cpuTime | 3s | cpuTime 3s is more than the pool allows, which is 2s",
                "?memory=1Gi | memory | 1Gi | memory 1Gi is more than the pool allows, which is 100Mi",
                "?memory=999999999999Gi | memory | 999999999999Gi | memory 999999999999Gi is more than the pool allows, which is 100Mi",
                "?pids=1025 | pids | 1025 | pids 1025 is more than the pool allows, which is 1024",
                "?pids=0 | pids | 0 | pids must be a whole number from 1",
                "?runTimeout=1ms | runTimeout | 1ms | runTimeout must be at least 600ms",
                "?runTimeout=soon | runTimeout | soon | runTimeout must be a duration such as 500ms, 5s or 2m",
                "?memory=lots | memory | lots | memory must be a number of bytes such as 1048576 or 1Mi",
                "?id=-x | id | -x | id must be 1 to 64 letters, digits, dots, underscores and hyphens, and begin with a letter or digit",
                "?environment=A | environment | A | environment must be NAME=value",
                "?colour=red | colour | red | there is no option colour",
                "?pids=1&pids=2 | pids | '' | pids is said twice: once is enough, in one place"
            })
    void whatIsWrongIsNamedWithItsRule(String query, String field, String value, String detail) throws Exception {
        var answer = post(query, "program");

        JsonNode problem = JSON.readTree(answer.body());
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
        assertThat(problem.path("type").asText()).isEqualTo("/problems/bad-option");
        assertThat(problem.path("field").asText()).isEqualTo(field);
        assertThat(problem.path("value").asText()).isEqualTo(value);
        assertThat(problem.path("detail").asText()).isEqualTo(detail);
        assertThat(sandboxes.runs()).isZero();
    }

    @Test
    void aFormBringsOptionsFilesTheProgramAndItsInput() throws Exception {
        var seen = new ArrayList<String>();
        sandboxes.programIs((request, output, sandbox) -> {
            RunInput input = request.input();
            for (var file = input.nextFile(); file != null; file = input.nextFile()) {
                seen.add(file.path() + " " + file.executable() + " " + read(file.content()));
            }
            seen.add(read(input.program()));
            seen.add(read(input.standardInput()));
            seen.addAll(request.arguments());
            return new RunResult.Exited(0, FACTS);
        });

        var answer = form(
                part("options", "", "{\"arguments\":[\"-v\"]}"),
                part("file", "; filename=\"data/in.txt\"", "one"),
                part("file", "; filename=\"tool\"\r\nSandpool-Mode: 755", "two"),
                part("program", "; filename=\"hello\"", "\u007fELF"),
                part("stdin", "", "typed"));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(seen).containsExactly("data/in.txt false one", "tool true two", "\u007fELF", "typed", "-v");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "stdin | '' | the part stdin is unknown or out of order: options, then file, then program, then stdin",
                "file | ; filename=\"../x\" | file path \"../x\" has an empty component, or one that is . or ..",
                "file | '' | a part file has no filename"
            })
    void aFormInAnotherOrderIsRefused(String name, String rest, String detail) throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            for (var file = request.input().nextFile();
                    file != null;
                    file = request.input().nextFile()) {
                read(file.content());
            }
            sandbox.receive(request);
            return new RunResult.Exited(0, FACTS);
        });

        var answer = form(part(name, rest, "x"), part("program", "", "y"));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(JSON.readTree(answer.body()).path("detail").asText()).isEqualTo(detail);
    }

    @Test
    void outputComesWhileTheProgramRuns() throws Exception {
        var seen = new CountDownLatch(1);
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            byte[] half = bytes("ü");
            output.write(STDOUT, half, 0, 1);
            output.write(STDOUT, half, 1, 1);
            seen.await();
            output.write(STDERR, bytes("late"), 0, 4);
            return new RunResult.Exited(0, FACTS);
        });

        HttpResponse<Stream<String>> answer =
                http.send(request("", "program", "application/x-ndjson"), HttpResponse.BodyHandlers.ofLines());

        Iterator<String> lines = answer.body().iterator();
        assertThat(answer.headers().firstValue("content-type")).contains("application/x-ndjson");
        JsonNode started = JSON.readTree(lines.next());
        assertThat(started.path("event").asText()).isEqualTo("started");
        assertThat(JSON.readTree(lines.next())).isEqualTo(JSON.readTree("{\"event\":\"stdout\",\"text\":\"ü\"}"));
        seen.countDown();
        assertThat(JSON.readTree(lines.next())).isEqualTo(JSON.readTree("{\"event\":\"stderr\",\"text\":\"late\"}"));
        JsonNode exit = JSON.readTree(lines.next());
        assertThat(exit.path("event").asText()).isEqualTo("exit");
        assertThat(exit.path("exitCode").asInt()).isZero();
        assertThat(exit.path("stdout")).isEqualTo(JSON.readTree("{\"bytes\":2,\"truncated\":false}"));
        assertThat(exit.path("id")).isEqualTo(started.path("id"));
        assertThat(lines.hasNext()).isFalse();
    }

    @Test
    void browsersGetEventsOfTheirOwnKind() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            return new RunResult.Exited(0, FACTS);
        });

        var answer = http.send(request("", "program", "text/event-stream"), HttpResponse.BodyHandlers.ofString());

        assertThat(answer.body())
                .startsWith("event: started\ndata: {\"event\":\"started\"")
                .endsWith("}\n\n");
    }

    @Test
    void whatIsWrongBeforeTheFirstEventHasItsOwnStatus() throws Exception {
        var answer =
                http.send(request("?pids=0", "program", "application/x-ndjson"), HttpResponse.BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
    }

    @Test
    void aReaderWhoGoesAwayEndsTheRun() throws Exception {
        var ended = new CountDownLatch(1);
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            try {
                return sandbox.hang();
            } finally {
                ended.countDown();
            }
        });
        HttpResponse<InputStream> answer =
                http.send(request("", "program", "application/x-ndjson"), HttpResponse.BodyHandlers.ofInputStream());

        answer.body().close();

        assertThat(ended.await(20, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
        await().untilAsserted(() -> assertThat(server.askAdmin("/metrics").body())
                .contains("sandpool_runs_total{outcome=\"client_gone\"} 1.0"));
    }

    @Test
    void answersOfNoKindThatThereIsAreRefused() throws Exception {
        var answer = http.send(request("", "program", "text/html"), HttpResponse.BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(406);
    }

    @Test
    void aSandboxThatIsLostBeforeTheProgramBeganIsReplacedOnce() throws Exception {
        var lost = new AtomicReference<>(true);
        var programs = new ArrayList<String>();
        sandboxes.programIs((request, output, sandbox) -> {
            programs.add(read(request.input().program()));
            return lost.getAndSet(false) ? new RunResult.SandboxLost("gone") : new RunResult.Exited(0, FACTS);
        });

        assertThat(post("", "program").statusCode()).isEqualTo(200);
        assertThat(server.ask(RawClient.post("again")).status()).isEqualTo(200);
        assertThat(programs).containsExactly("program", "program", "again");
    }

    @Test
    void aProgramThatMayHaveRunIsNotRunAgain() throws Exception {
        ending(new RunResult.SandboxLost("gone"));

        post("", "program");

        assertThat(sandboxes.runs()).isEqualTo(1);
    }

    private void ending(RunResult result) {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            output.write(STDOUT, bytes("so far"), 0, 6);
            return result;
        });
    }

    private HttpResponse<String> post(String query, String program) throws IOException, InterruptedException {
        return http.send(request(query, program, "*/*"), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest request(String query, String program, String accept) {
        return HttpRequest.newBuilder(uri(query))
                .header("Accept", accept)
                .POST(HttpRequest.BodyPublishers.ofString(program))
                .build();
    }

    private HttpResponse<String> form(String... parts) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(uri(""))
                        .header("Content-Type", "multipart/form-data; boundary=xyz")
                        .POST(HttpRequest.BodyPublishers.ofString(String.join("", parts) + "--xyz--\r\n", ISO_8859_1))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static String part(String name, String rest, String content) {
        return "--xyz\r\nContent-Disposition: form-data; name=\"" + name + "\"" + rest + "\r\n\r\n" + content + "\r\n";
    }

    private URI uri(String query) {
        return URI.create("http://127.0.0.1:" + server.server.port() + "/v1/runs" + query);
    }

    private static String read(InputStream from) throws IOException {
        return new String(from.readAllBytes(), ISO_8859_1);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
