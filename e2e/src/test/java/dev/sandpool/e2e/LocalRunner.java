package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.e2e.run.Metrics;
import dev.sandpool.runner.RunnerMain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** A runner of this machine's own, in a process of its own, whose sandboxes are contained without gVisor: its programs are the tests'. */
final class LocalRunner implements AutoCloseable {
    private static final Path CONTAINED = Path.of("..", "contained", "target", "contained");
    private static final Pattern SERVING = Pattern.compile("serving: run (http://\\S+) admin (http://\\S+)");

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Process process;
    private final Path log;
    private final URI url;
    private final URI admin;

    LocalRunner(String... flags) {
        assertThat(CONTAINED).as("make build makes it").isExecutable();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "--enable-native-access=ALL-UNNAMED",
                RunnerMain.class.getName(),
                "--listen=127.0.0.1:0",
                "--admin-listen=127.0.0.1:0",
                "--contained=" + CONTAINED.toAbsolutePath(),
                "--runsc=none"));
        command.addAll(Arrays.asList(flags));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("SANDPOOL_"));
        try {
            log = Files.createTempFile(Path.of("target"), "local-runner-", ".log");
            process = builder.redirectOutput(log.toFile()).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Matcher serving = Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .conditionEvaluationListener(
                        _ -> assertThat(process.isAlive()).as(log()).isTrue())
                .until(() -> SERVING.matcher(log()), Matcher::find);
        url = URI.create(serving.group(1));
        admin = URI.create(serving.group(2));
    }

    URI url() {
        return url;
    }

    HttpClient http() {
        return http;
    }

    /** The sum of all series that begin so. */
    double metric(String series) {
        try {
            var request = HttpRequest.newBuilder(admin.resolve("/metrics")).build();
            return Metrics.sum(http.send(request, BodyHandlers.ofString()).body(), series);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private String log() {
        try {
            return Files.readString(log, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
        process.destroy();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("the runner did not end: " + log());
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
