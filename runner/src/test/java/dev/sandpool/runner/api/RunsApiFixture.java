package dev.sandpool.runner.api;

import static dev.sandpool.runner.sandbox.StandardStream.STDOUT;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.sandbox.RunResult;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;

/** {@code POST /v1/runs} over real HTTP, with sandboxes that do as the test says. */
class RunsApiFixture {
    static final ObjectMapper JSON = new ObjectMapper();
    static final RunResult.Facts FACTS =
            new RunResult.Facts(Duration.ofMillis(12), Duration.ofMillis(3), Duration.ofMillis(1), 4096);

    final FakeSandboxes sandboxes = new FakeSandboxes(FakeSandboxes.printing("hello\n", 3));
    final RunningServer server = new RunningServer(sandboxes, "--cpu-time-limit=2s");
    final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void stop() {
        http.shutdownNow();
        server.close();
    }

    void ending(RunResult result) {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            output.write(STDOUT, bytes("so far"), 0, 6);
            return result;
        });
    }

    HttpResponse<String> post(String query, String program) throws IOException, InterruptedException {
        return http.send(request(query, program, "*/*"), HttpResponse.BodyHandlers.ofString());
    }

    HttpRequest request(String query, String program, String accept) {
        return HttpRequest.newBuilder(uri(query))
                .header("Accept", accept)
                .POST(HttpRequest.BodyPublishers.ofString(program))
                .build();
    }

    URI uri(String query) {
        return URI.create("http://127.0.0.1:" + server.server.port() + "/v1/runs" + query);
    }

    static String read(InputStream from) throws IOException {
        return new String(from.readAllBytes(), ISO_8859_1);
    }

    static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
