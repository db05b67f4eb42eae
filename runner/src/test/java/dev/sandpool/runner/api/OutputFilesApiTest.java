package dev.sandpool.runner.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.sandbox.FileSink;
import dev.sandpool.runner.sandbox.OutputFiles;
import dev.sandpool.runner.sandbox.RunResult;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The files of a run in the answers of {@code POST /v1/runs}, over real HTTP. */
class OutputFilesApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final FakeSandboxes sandboxes = new FakeSandboxes(FakeSandboxes.printing("", 0));
    private final RunningServer server = new RunningServer(sandboxes);
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void stop() {
        http.shutdownNow();
        server.close();
    }

    private interface Leaving {
        void to(FileSink files) throws IOException;
    }

    private void programLeaves(Leaving leaving) {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            leaving.to(output.files());
            return FakeSandboxes.EXIT_0;
        });
    }

    private static void leave(FileSink files, String name, byte[]... pieces) throws IOException {
        files.begin(name);
        for (byte[] piece : pieces) {
            files.write(piece, 0, piece.length);
        }
        files.end(false);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private HttpResponse<String> post(String query, String accept) throws Exception {
        URI uri = URI.create("http://localhost:" + server.server.port() + "/v1/runs" + query);
        return http.send(
                HttpRequest.newBuilder(uri)
                        .header("Accept", accept)
                        .POST(HttpRequest.BodyPublishers.ofString("program", ISO_8859_1))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private JsonNode run(String query) throws Exception {
        HttpResponse<String> answer = post(query, "application/json");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private List<JsonNode> events(String query) throws Exception {
        var events = new ArrayList<JsonNode>();
        for (String line : post(query, "application/x-ndjson").body().lines().toList()) {
            events.add(JSON.readTree(line));
        }
        return events;
    }

    @Test
    void theOptionReachesTheSandbox() throws Exception {
        var seen = new AtomicReference<OutputFiles>();
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            seen.set(request.outputFiles());
            return FakeSandboxes.EXIT_0;
        });

        run("?outputFiles=a.txt&outputFiles=out/%2A%2A");

        assertThat(seen.get()).isEqualTo(OutputFiles.of(List.of("a.txt", "out/**")));
    }

    @Test
    void filesComeBackAsJson() throws Exception {
        programLeaves(files -> {
            leave(files, "größe.txt", bytes("grü"), bytes("ße"));
            leave(files, "out/1.bin", new byte[] {(byte) 0xff, 0});
            leave(files, "empty");
            files.omitted(new FileSink.OmittedFiles("too-large", 1, "big"));
            files.omitted(new FileSink.OmittedFiles("bad-name", 3, ""));
            files.omitted(new FileSink.OmittedFiles("no-time", 0, ""));
        });

        JsonNode run = run("?outputFiles=%2A%2A");

        assertThat(run.path("files")).isEqualTo(JSON.readTree("""
                [{"name":"größe.txt","bytes":7,"truncated":false,"text":"grüße"},
                 {"name":"out/1.bin","bytes":2,"truncated":false,"base64":"/wA="},
                 {"name":"empty","bytes":0,"truncated":false,"text":""}]"""));
        assertThat(run.path("omittedFiles")).isEqualTo(JSON.readTree("""
                [{"reason":"too-large","name":"big"},{"reason":"bad-name","count":3},{"reason":"no-time"}]"""));
    }

    @Test
    void aRunWithoutTheOptionHasNoFieldForThem() throws Exception {
        JsonNode run = run("");

        assertThat(run.has("files")).isFalse();
        assertThat(run.has("omittedFiles")).isFalse();
        assertThat(run("?outputFiles=a").path("files")).isEqualTo(JSON.createArrayNode());
    }

    @Test
    void eachFileIsAnEventOrSeveral() throws Exception {
        programLeaves(files -> {
            leave(files, "one", bytes("whole"));
            leave(files, "two", new byte[] {'a', (byte) 0xc3}, new byte[] {(byte) 0xbc, 'b'}, bytes("c"));
            leave(files, "three", new byte[] {(byte) 0xc3});
            leave(files, "empty");
            files.begin("cut");
            files.end(true);
            files.omitted(new FileSink.OmittedFiles("missing", 1, "four"));
        });

        List<JsonNode> events = events("?outputFiles=%2A");

        assertThat(events.subList(1, events.size() - 1))
                .containsExactly(
                        JSON.readTree("""
                                {"event":"file","name":"one","text":"whole","last":true}"""),
                        JSON.readTree("""
                                {"event":"file","name":"two","text":"a","last":false}"""),
                        JSON.readTree("""
                                {"event":"file","name":"two","text":"üb","last":false}"""),
                        JSON.readTree("""
                                {"event":"file","name":"two","text":"c","last":true}"""),
                        JSON.readTree("""
                                {"event":"file","name":"three","base64":"ww==","last":true}"""),
                        JSON.readTree("""
                                {"event":"file","name":"empty","text":"","last":true}"""),
                        JSON.readTree("""
                                {"event":"file","name":"cut","text":"","last":true,"truncated":true}"""));
        assertThat(events.getLast().path("event").asText()).isEqualTo("exit");
        assertThat(events.getLast().path("omittedFiles")).isEqualTo(JSON.readTree("""
                [{"reason":"missing","name":"four"}]"""));
    }

    @Test
    void aFileOfAnyBytesComesWholeInItsEvents() throws Exception {
        byte[] all = new byte[1000];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) (i * 7);
        }
        programLeaves(files -> {
            files.begin("all");
            for (int at = 0; at < all.length; at += 13) {
                files.write(all, at, Math.min(13, all.length - at));
            }
            files.end(false);
        });

        var came = new ByteArrayOutputStream();
        for (JsonNode event : events("?outputFiles=all")) {
            if (event.path("event").asText().equals("file")) {
                came.writeBytes(
                        event.has("text")
                                ? bytes(event.path("text").asText())
                                : event.path("base64").binaryValue());
            }
        }
        assertThat(came.toByteArray()).isEqualTo(all);
    }

    @Test
    void anOldSandboxImageIsNamed() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> new RunResult.OutputFilesUnsupported());

        HttpResponse<String> answer = post("?outputFiles=a", "application/json");

        assertThat(answer.statusCode()).isEqualTo(501);
        JsonNode problem = JSON.readTree(answer.body());
        assertThat(problem.path("type").asText()).isEqualTo("/problems/output-files-unsupported");
        assertThat(problem.path("detail").asText()).contains("sandbox image is too old for outputFiles");
    }

    @Test
    void anAnswerWithLargeFilesIsNotKept() throws Exception {
        byte[] large = new byte[200_000];
        programLeaves(files -> leave(files, "large", large));

        assertThat(run("?outputFiles=large&id=mine")
                        .path("files")
                        .path(0)
                        .path("bytes")
                        .asInt())
                .isEqualTo(large.length);

        HttpResponse<String> again = post("?outputFiles=large&id=mine", "application/json");
        assertThat(again.statusCode()).isEqualTo(409);
        assertThat(again.body()).contains("/problems/run-not-kept");
    }

    @Test
    void anAnswerWithSmallFilesIsKept() throws Exception {
        programLeaves(files -> leave(files, "small", bytes("s")));

        JsonNode first = run("?outputFiles=small&id=mine");

        assertThat(run("?outputFiles=small&id=mine")).isEqualTo(first);
        assertThat(post("?outputFiles=other&id=mine", "application/json").body())
                .contains("/problems/id-in-use");
        assertThat(sandboxes.runs()).isEqualTo(1);
    }

    @Test
    void playgroundRunsHaveNoFiles() throws Exception {
        var seen = new AtomicReference<OutputFiles>();
        sandboxes.programIs((request, output, sandbox) -> {
            seen.set(request.outputFiles());
            sandbox.receive(request);
            return FakeSandboxes.EXIT_0;
        });
        URI uri = URI.create("http://localhost:" + server.server.port() + "/run?outputFiles=a");
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(uri)
                        .POST(HttpRequest.BodyPublishers.ofString("program", ISO_8859_1))
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(JSON.readTree(answer.body()).has("files")).isFalse();
        assertThat(seen.get()).isEqualTo(OutputFiles.NONE);
    }
}
