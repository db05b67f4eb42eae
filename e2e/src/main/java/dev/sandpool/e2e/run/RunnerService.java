package dev.sandpool.e2e.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.awaitility.Awaitility;

/** A runner, or the Service of a pool, as an HTTP client uses it. */
public final class RunnerService {
    /** Longer than any answer may take: the queue, the wait for a sandbox and the run together. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final URI base;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public RunnerService(URI base) {
        this.base = base;
    }

    /** Returns the Service that {@code make test} deployed: {@code SANDPOOL_URL}. */
    public static RunnerService deployed() {
        String url = System.getenv("SANDPOOL_URL");
        if (url == null) {
            throw new IllegalStateException(
                    "SANDPOOL_URL is not set: run 'make test', or set it to what 'make cluster-url' prints");
        }
        return new RunnerService(URI.create(url));
    }

    public URI base() {
        return base;
    }

    public Answer run(byte[] program, String... arguments) {
        return Answer.of(send(request(program, arguments)));
    }

    /** Runs a program, and tries again while the Service has nothing warm: for tests of programs, not of the Service. */
    public Answer runWhenReady(byte[] program, String... arguments) {
        return Answer.of(sendWhenReady(request(program, arguments)));
    }

    /** Sends a request, and sends it again while the Service has nothing warm. */
    public HttpResponse<byte[]> sendWhenReady(HttpRequest request) {
        return Awaitility.await()
                .atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> send(request), response -> response.statusCode() != 503);
    }

    public HttpResponse<byte[]> get(String path) {
        return send(HttpRequest.newBuilder(base.resolve(path)).timeout(PATIENCE).build());
    }

    public HttpRequest request(byte[] program, String... arguments) {
        HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve("/run"))
                .timeout(PATIENCE)
                .header("Content-Type", "application/octet-stream")
                .header("Idempotency-Key", "1")
                .POST(HttpRequest.BodyPublishers.ofByteArray(program));
        for (String argument : arguments) {
            request.header("X-Argument", argument);
        }
        return request.build();
    }

    public HttpResponse<byte[]> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
