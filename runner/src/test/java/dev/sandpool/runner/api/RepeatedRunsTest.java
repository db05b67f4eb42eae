package dev.sandpool.runner.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.run.CompletedRun;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What it costs to ask again under the same id. */
@Timeout(60)
class RepeatedRunsTest {
    private final FakeSandboxes sandboxes = new FakeSandboxes(FakeSandboxes.printing("hi\n", 0));
    private final RunningServer server = new RunningServer(sandboxes, "--workers=1");
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void stop() {
        http.shutdownNow();
        server.close();
    }

    private HttpResponse<String> post(String query, byte[] body, String... headers)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.server.port() + "/v1/runs" + query))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static byte[] gzip(int zeros) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(new byte[zeros]);
        }
        return out.toByteArray();
    }

    @Test
    void noMoreIsUnpackedOfItThanTheFirstHad() throws Exception {
        post("?id=mine", "program".getBytes(UTF_8));

        var again = post("?id=mine", gzip(64 << 20), "Content-Encoding", "gzip");

        assertThat(again.body()).contains("/problems/id-in-use");
        assertThat(server.ended).hasSize(2);
        assertThat(server.ended.stream().mapToLong(CompletedRun::bytesIn).max().orElseThrow())
                .isLessThanOrEqualTo(1 << 20);
    }

    @Test
    void itTakesASlotAsARunDoes() throws Exception {
        String first = post("?id=mine", "program".getBytes(UTF_8)).body();
        var running = new CountDownLatch(1);
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            running.countDown();
            return sandbox.hang();
        });
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var hanging = threads.submit(() -> post("?id=other", "program".getBytes(UTF_8)));
            running.await();
            var again = threads.submit(() -> post("?id=mine", "program".getBytes(UTF_8)));
            await().untilAsserted(
                            () -> assertThat(server.askAdmin("/metrics").body()).contains("sandpool_queue_depth 1.0"));
            assertThat(again.isDone()).isFalse();

            assertThat(server.ask("DELETE /v1/runs/other HTTP/1.1\r\nHost: x\r\n\r\n")
                            .status())
                    .isEqualTo(204);

            assertThat(again.get().body()).isEqualTo(first);
            assertThat(hanging.get().statusCode()).isEqualTo(409);
        }
        assertThat(sandboxes.runs()).isEqualTo(2);
    }

    @Test
    void formsWhoseFilesHaveOtherNamesAreOthers() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            for (var file = request.input().nextFile();
                    file != null;
                    file = request.input().nextFile()) {
                file.content().readAllBytes();
            }
            sandbox.receive(request);
            request.input().standardInput().readAllBytes();
            return FakeSandboxes.EXIT_0;
        });

        assertThat(form("\u4f60", "--xyz--").statusCode()).isEqualTo(200);
        assertThat(form("\u597d", "--xyz--").body()).contains("/problems/id-in-use");
        assertThat(form("\u4f60", "--xyz\r\nContent-Disposition: form-data; name=evil\r\n\r\n--xyz--")
                        .body())
                .contains("/problems/bad-request", "the part evil is unknown");
        assertThat(form("\u4f60", "--xyz--").statusCode()).isEqualTo(200);
        assertThat(sandboxes.runs()).isEqualTo(1);
    }

    private HttpResponse<String> form(String file, String end) throws IOException, InterruptedException {
        String body = "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + file + "\"\r\n\r\nx\r\n"
                + "--xyz\r\nContent-Disposition: form-data; name=\"program\"\r\n\r\np\r\n" + end;
        return post("?id=mine", body.getBytes(UTF_8), "Content-Type", "multipart/form-data; boundary=xyz");
    }
}
