package dev.sandpool.runner.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.sandbox.RunInput;
import dev.sandpool.runner.sandbox.RunResult;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code /v1/runs/{id}}, over real HTTP: runs are ended by their id, and told again. */
@Timeout(60)
class IdempotentRunsTest {
    private final FakeSandboxes sandboxes = new FakeSandboxes(FakeSandboxes.printing("hi\n", 3));
    private final RunningServer server = new RunningServer(sandboxes);
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void stop() {
        http.shutdownNow();
        server.close();
    }

    @Test
    void theSameRequestHasTheSameAnswer() throws Exception {
        var first = post("?id=mine", "program");

        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.headers().firstValue("location")).contains("/v1/runs/mine");
        assertThat(first.body()).startsWith("{\n  \"id\" : \"mine\",");
        var again = post("?id=mine", "program");
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(again.headers().firstValue("location")).contains("/v1/runs/mine");
        await().untilAsserted(() -> assertThat(server.askAdmin("/metrics").body())
                .contains("sandpool_bytes_total{direction=\"out\"} "
                        + 2.0 * first.body().length()));
        assertThat(ask("GET", "/v1/runs/mine").body()).isEqualTo(first.body());
        assertThat(sandboxes.runs()).isEqualTo(1);
    }

    @Test
    void anotherRequestUnderTheSameIdIsRefused() throws Exception {
        post("?id=mine", "program");

        assertThat(post("?id=mine", "another").body()).contains("/problems/id-in-use");
        assertThat(post("?id=mine&arguments=x", "program").body()).contains("/problems/id-in-use");
        assertThat(post("?id=mine&stdin=x", "program").statusCode()).isEqualTo(409);
        assertThat(sandboxes.runs()).isEqualTo(1);
    }

    @Test
    void aFormIsTheSameOnlyWithTheSameFilesAndInput() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            readFilesAndProgram(request.input());
            request.input().standardInput().readAllBytes();
            return FakeSandboxes.EXIT_0;
        });

        String first = form("file", "in").body();

        assertThat(first).contains("\"outcome\" : \"exited\"");
        assertThat(form("file", "in").body()).isEqualTo(first);
        assertThat(form("file", "other").body()).contains("/problems/id-in-use");
        assertThat(form("other", "in").body()).contains("/problems/id-in-use");
        assertThat(sandboxes.runs()).isEqualTo(1);
    }

    @Test
    void whatItsProgramDidNotReadCannotBeCompared() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            readFilesAndProgram(request.input());
            return FakeSandboxes.EXIT_0;
        });
        String first = form("file", "in").body();

        assertThat(form("file", "in").body()).contains("/problems/run-not-kept");
        assertThat(ask("GET", "/v1/runs/mine").body()).isEqualTo(first);
    }

    @Test
    void aStreamedAnswerIsNotKept() throws Exception {
        var streamed = events("?id=mine");

        assertThat(streamed.headers().firstValue("sandpool-run")).contains("mine");
        assertThat(streamed.body()).contains("\"event\":\"exit\",\"id\":\"mine\"");
        assertThat(post("?id=mine", "program").body()).contains("/problems/run-not-kept");
        assertThat(ask("GET", "/v1/runs/mine").body()).contains("/problems/run-not-kept");
        post("?id=other", "program");
        assertThat(events("?id=other").body()).contains("/problems/run-not-kept", "application/json");
    }

    @Test
    void aRunThatFailedForOurReasonsIsRunAgain() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            return new RunResult.SandboxLost("gone");
        });
        assertThat(post("?id=mine", "program").body()).contains("sandbox-lost");
        sandboxes.programIs(FakeSandboxes.printing("hi\n", 0));

        assertThat(post("?id=mine", "program").body()).contains("\"outcome\" : \"exited\"");
    }

    @Test
    void aRunIsEndedByItsId() throws Exception {
        var running = hang();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var run = threads.submit(() -> post("?id=mine", "program"));
            running.await();

            assertThat(post("?id=mine", "program").body()).contains("/problems/run-in-progress");
            assertThat(ask("GET", "/v1/runs/mine").body()).contains("/problems/run-in-progress");
            assertThat(ask("DELETE", "/v1/runs/mine").statusCode()).isEqualTo(204);
            assertThat(ask("DELETE", "/v1/runs/mine").statusCode()).isEqualTo(404);
            isCancelled(run);
        }
        assertThat(server.askAdmin("/metrics").body()).contains("sandpool_runs_total{outcome=\"cancelled\"} 1.0");
        sandboxes.programIs(FakeSandboxes.printing("hi\n", 0));
        assertThat(post("?id=mine", "program").statusCode()).isEqualTo(200);
    }

    @Test
    void aRunWhoseClientChoseNoIdIsEndedByOurs() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            return sandbox.hang();
        });
        var events = http.send(request("", "program", "application/x-ndjson"), BodyHandlers.ofLines());
        String id = events.headers().firstValue("sandpool-run").orElseThrow();

        assertThat(ask("DELETE", "/v1/runs/" + id).statusCode()).isEqualTo(204);

        assertThat(events.body().toList()).last().asString().contains("\"event\":\"problem\"", "/problems/cancelled");
    }

    @Test
    void aRunThatWaitsForASlotIsEndedToo() throws Exception {
        var running = hang();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var first = threads.submit(() -> post("?id=first", "program"));
            running.await();
            var second = threads.submit(() -> post("?id=second", "program"));
            var third = threads.submit(() -> post("?id=third", "program"));
            await().untilAsserted(
                            () -> assertThat(server.askAdmin("/metrics").body()).contains("sandpool_queue_depth 1.0"));

            for (String id : new String[] {"third", "second", "first"}) {
                assertThat(ask("DELETE", "/v1/runs/" + id).statusCode()).isEqualTo(204);
            }
            isCancelled(first);
            isCancelled(second);
            isCancelled(third);
        }
    }

    @Test
    void anIdIsItsCallersOwn() throws Exception {
        post("?id=mine", "program");

        assertThat(ask("GET", "/v1/runs/yours").statusCode()).isEqualTo(404);
        assertThat(ask("DELETE", "/v1/runs/mine").statusCode()).isEqualTo(404);
        assertThat(ask("GET", "/v1/runs/no%20id").statusCode()).isEqualTo(404);
    }

    private static void isCancelled(Future<HttpResponse<String>> run) throws Exception {
        assertThat(run.get().statusCode()).isEqualTo(409);
        assertThat(run.get().body()).contains("/problems/cancelled");
    }

    private static void readFilesAndProgram(RunInput input) throws IOException {
        for (var file = input.nextFile(); file != null; file = input.nextFile()) {
            file.content().readAllBytes();
        }
        input.program().readAllBytes();
    }

    private CountDownLatch hang() {
        var running = new CountDownLatch(1);
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            running.countDown();
            return sandbox.hang();
        });
        return running;
    }

    private HttpResponse<String> events(String query) throws IOException, InterruptedException {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            return FakeSandboxes.EXIT_0;
        });
        return http.send(request(query, "program", "application/x-ndjson"), BodyHandlers.ofString());
    }

    private HttpResponse<String> form(String file, String input) throws IOException, InterruptedException {
        String body = part("options\"", "{\"id\":\"mine\"}")
                + part("file\"; filename=\"a.txt\"", file)
                + part("program\"", "program")
                + part("stdin\"", input)
                + "--xyz--\r\n";
        return http.send(
                HttpRequest.newBuilder(uri("/v1/runs"))
                        .header("Content-Type", "multipart/form-data; boundary=xyz")
                        .POST(BodyPublishers.ofString(body, ISO_8859_1))
                        .build(),
                BodyHandlers.ofString());
    }

    private static String part(String name, String content) {
        return "--xyz\r\nContent-Disposition: form-data; name=\"" + name + "\r\n\r\n" + content + "\r\n";
    }

    private HttpResponse<String> post(String query, String program) throws IOException, InterruptedException {
        return http.send(request(query, program, "application/json"), BodyHandlers.ofString());
    }

    private HttpRequest request(String query, String program, String accept) {
        return HttpRequest.newBuilder(uri("/v1/runs" + query))
                .header("Accept", accept)
                .POST(BodyPublishers.ofString(program))
                .build();
    }

    private HttpResponse<String> ask(String method, String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(uri(path))
                        .method(method, BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.server.port() + path);
    }
}
