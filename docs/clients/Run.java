import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * Run URL PROGRAM [FILE...]: runs a program beside files, and passes its output on as it comes. Ends with the program's
 * exit code. Ctrl-C cancels the run. JDK 21 or later, and Jackson, because the JDK reads no JSON.
 */
class Run {
    private static final int MAX_TRIES = 10;
    private static final ObjectMapper JSON = new ObjectMapper();

    // Output as it comes needs HTTP/1.1.
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String url;

    Run(String url) {
        this.url = url;
    }

    /** The parts in the order that the API demands. */
    private static byte[] form(String boundary, Map<String, Object> options, Path program, List<Path> files)
            throws IOException {
        var form = new ByteArrayOutputStream();
        part(form, boundary, "name=\"options\"", JSON.writeValueAsBytes(options));
        for (Path file : files) {
            part(form, boundary, "name=\"file\"; filename=\"" + file.getFileName() + "\"", Files.readAllBytes(file));
        }
        part(form, boundary, "name=\"program\"", Files.readAllBytes(program));
        form.writeBytes(("--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8));
        return form.toByteArray();
    }

    private static void part(ByteArrayOutputStream form, String boundary, String head, byte[] content) {
        form.writeBytes(("--" + boundary + "\r\nContent-Disposition: form-data; " + head + "\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8));
        form.writeBytes(content);
        form.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
    }

    /** The answer's body, which has a line of JSON for each event. A runner that is busy says when to try again. */
    private InputStream post(byte[] form, String boundary) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/v1/runs"))
                .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                .header("Accept", "application/x-ndjson")
                .POST(BodyPublishers.ofByteArray(form))
                .build();
        for (int i = 0; i < MAX_TRIES; i++) {
            HttpResponse<InputStream> answer = http.send(request, BodyHandlers.ofInputStream());
            if (answer.statusCode() == 200) {
                return answer.body();
            }
            JsonNode problem;
            try (InputStream body = answer.body()) {
                problem = JSON.readTree(body);
            }
            OptionalLong seconds = answer.headers().firstValueAsLong("Retry-After");
            if (seconds.isEmpty()) {
                throw new IOException(describe(problem));
            }
            System.err.printf("busy (%s), trying again in %d s%n", problem.path("title").asText(), seconds.getAsLong());
            Thread.sleep(Duration.ofSeconds(seconds.getAsLong()));
        }
        throw new IOException("still busy after " + MAX_TRIES + " tries");
    }

    /** Passes output on, and returns the exit code. */
    private static int follow(InputStream body) throws IOException {
        try (var lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.isBlank()) {
                    continue; // sent every 15 quiet seconds
                }
                JsonNode event = JSON.readTree(line);
                switch (event.path("event").asText()) {
                    case "stdout" -> output(System.out, event);
                    case "stderr" -> output(System.err, event);
                    case "exit" -> {
                        if (event.path("outcome").asText().equals("exited")) {
                            return event.path("exitCode").asInt();
                        }
                        throw new IOException(event.path("outcome").asText());
                    }
                    case "problem" -> throw new IOException(describe(event));
                    default -> {} // such as "started"; there may be others one day
                }
            }
        }
        throw new IOException("the connection ended before the run did");
    }

    private static void output(OutputStream to, JsonNode event) throws IOException {
        to.write(event.has("text")
                ? event.path("text").asText().getBytes(StandardCharsets.UTF_8)
                : event.path("base64").binaryValue());
        to.flush();
    }

    private static String describe(JsonNode problem) {
        return problem.path("status").asInt() + " " + problem.path("title").asText() + ": "
                + problem.path("detail").asText();
    }

    private void cancel(String id) {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url + "/v1/runs/" + id)).DELETE().build();
        try {
            http.send(request, BodyHandlers.discarding());
        } catch (IOException | InterruptedException e) {
            System.err.println("the run could not be cancelled: " + e);
        }
    }

    private int run(Path program, List<Path> files) throws IOException, InterruptedException {
        String id = UUID.randomUUID().toString();
        Map<String, Object> options = Map.of(
                "id", id,
                "arguments", List.of("hello"),
                "environment", Map.of("WHERE", "Sandpool"),
                "cpuTime", "2s",
                "memory", "64Mi");
        String boundary = UUID.randomUUID().toString();
        InputStream events = post(form(boundary, options, program, files), boundary);
        var cancelling = new Thread(() -> cancel(id));
        Runtime.getRuntime().addShutdownHook(cancelling);
        try {
            return follow(events);
        } finally {
            forget(cancelling);
        }
    }

    /** A run that is over is cancelled no more. */
    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending: the hook runs already.
        }
    }

    public static void main(String[] arguments) throws InterruptedException {
        if (arguments.length < 2) {
            System.err.println("usage: Run URL PROGRAM [FILE...]");
            System.exit(2);
        }
        List<Path> paths = Arrays.stream(arguments).skip(1).map(Path::of).toList();
        try {
            System.exit(new Run(arguments[0]).run(paths.getFirst(), paths.subList(1, paths.size())));
        } catch (IOException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }
}
