package dev.sandpool.client;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Supplier;

/** Runs programs in a pool. For any number of threads at once. */
public final class SandpoolClient implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final int DEFAULT_TRIES = 10;
    // A runner says one to a few seconds. Whoever says an hour is none.
    private static final Duration MAX_WAIT = Duration.ofSeconds(60);
    // An event has at most a frame's output, 64 KiB, each byte of which is six characters at worst; the rest is room.
    private static final int MAX_LINE = 4 << 20;

    private final HttpClient http;
    private final URI pool;
    private final Supplier<Optional<String>> token;
    private final int maxTries;

    private SandpoolClient(HttpClient http, URI pool, Supplier<Optional<String>> token, int maxTries) {
        this.http = http;
        this.pool = pool;
        this.token = token;
        this.maxTries = maxTries;
    }

    /**
     * A client that sends no token.
     *
     * @param pool where the pool answers, such as {@code http://smallest.team}
     */
    public static SandpoolClient of(URI pool) {
        HttpClient http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1) // output as it comes needs it
                .connectTimeout(CONNECT_TIMEOUT)
                .build();
        return new SandpoolClient(http, pool, Optional::empty, DEFAULT_TRIES);
    }

    /** The same, with a bearer token, which is asked for anew for each request. To close one of the two closes both. */
    public SandpoolClient withToken(Supplier<String> bearer) {
        return new SandpoolClient(http, pool, () -> Optional.of(bearer.get()), maxTries);
    }

    /** The same, which asks a busy pool that often at most, the first time included. To close one of the two closes both. */
    public SandpoolClient withMaxTries(int tries) {
        if (tries < 1) {
            throw new IllegalArgumentException("tries " + tries + " must be at least 1");
        }
        return new SandpoolClient(http, pool, token, tries);
    }

    /**
     * Runs a program, and returns when it has ended. A pool that is busy is asked again when it says.
     *
     * @throws ProblemException if the request was refused, the run was cancelled, or it failed for another reason than its program
     * @throws IOException if the connection fails, or the listener does; the run is then cancelled
     */
    public RunEnding run(RunRequest request, OutputListener listener) throws IOException, InterruptedException {
        for (int tries = 1; ; tries++) {
            HttpResponse<InputStream> answer = http.send(post(request), BodyHandlers.ofInputStream());
            try (InputStream body = new BufferedInputStream(answer.body())) {
                if (answer.statusCode() == 200) {
                    return follow(body, listener);
                }
                OptionalLong seconds = retryAfter(answer);
                if (seconds.isEmpty() || tries >= maxTries) {
                    throw problem(answer.statusCode(), body);
                }
                Duration wait = Duration.ofSeconds(seconds.getAsLong());
                Thread.sleep(wait.compareTo(MAX_WAIT) > 0 ? MAX_WAIT : wait);
            }
        }
    }

    /** Cancels a run of the same caller: false if no such run is under way there. */
    public boolean cancel(String id) throws IOException, InterruptedException {
        HttpRequest request = to("/v1/runs/" + id).DELETE().build();
        HttpResponse<InputStream> answer = http.send(request, BodyHandlers.ofInputStream());
        try (InputStream body = new BufferedInputStream(answer.body())) {
            return switch (answer.statusCode()) {
                case 204 -> true;
                case 404 -> false;
                default -> throw problem(answer.statusCode(), body);
            };
        }
    }

    /** Ends all that this client does. Runs under way are cancelled, as those of any client that hangs up. */
    @Override
    public void close() {
        http.shutdownNow();
    }

    private HttpRequest post(RunRequest request) {
        String boundary = UUID.randomUUID().toString();
        return to("/v1/runs")
                .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                .header("Accept", "application/x-ndjson")
                .POST(request.form(boundary))
                .build();
    }

    private HttpRequest.Builder to(String path) {
        var request = HttpRequest.newBuilder(pool.resolve(path));
        token.get().ifPresent(bearer -> request.header("Authorization", "Bearer " + bearer));
        return request;
    }

    private static OptionalLong retryAfter(HttpResponse<?> answer) {
        return answer.headers()
                .firstValue("Retry-After")
                .filter(text -> text.matches("[0-9]{1,9}"))
                .map(text -> OptionalLong.of(Long.parseLong(text)))
                .orElse(OptionalLong.empty());
    }

    private static ProblemException problem(int status, InputStream body) throws IOException {
        String text = new String(body.readNBytes(MAX_LINE), StandardCharsets.UTF_8);
        try {
            return ProblemException.of(status, JsonReader.read(text));
        } catch (IOException e) {
            return ProblemException.of(status, new Json.Text(text)); // of a proxy, for example
        }
    }

    private static RunEnding follow(InputStream body, OutputListener listener) throws IOException {
        for (Optional<String> line = line(body); line.isPresent(); line = line(body)) {
            if (line.get().isBlank()) {
                continue; // sent every 15 quiet seconds
            }
            Json event = JsonReader.read(line.get());
            switch (event.text("event").orElse("")) {
                case "stdout" -> listener.printed(OutputListener.Stream.STDOUT, content(event));
                case "stderr" -> listener.printed(OutputListener.Stream.STDERR, content(event));
                case "file" ->
                    listener.file(
                            event.text("name").orElse(""),
                            content(event),
                            event.isTrue("last"),
                            event.isTrue("truncated"));
                case "exit" -> {
                    return RunEnding.of(event);
                }
                case "problem" -> throw ProblemException.of(200, event);
                default -> {} // "started", and what there may be one day
            }
        }
        throw new IOException("the connection ended before the run did");
    }

    private static byte[] content(Json event) throws IOException {
        Optional<String> text = event.text("text");
        if (text.isPresent()) {
            return text.get().getBytes(StandardCharsets.UTF_8);
        }
        try {
            return Base64.getDecoder().decode(event.text("base64").orElse(""));
        } catch (IllegalArgumentException e) {
            throw new IOException("the runner's answer has output that is not Base64", e);
        }
    }

    /** Nothing at the end; what follows the last line end is cut off, and no line. */
    private static Optional<String> line(InputStream body) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int next = body.read(); next >= 0; next = body.read()) {
            if (next == '\n') {
                return Optional.of(line.toString(StandardCharsets.UTF_8));
            }
            if (line.size() == MAX_LINE) {
                throw new IOException("the runner's answer has a line of more than " + MAX_LINE + " bytes");
            }
            line.write(next);
        }
        return Optional.empty();
    }
}
