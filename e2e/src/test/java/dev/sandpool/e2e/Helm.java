package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** helm, as a person types it, for the cluster of {@code KUBECONFIG}. */
final class Helm {
    private static final Path SCRIPT = Path.of("..", "charts", "helm");

    private Helm() {}

    /** Calls it, and returns what it said, which a failure is made of. */
    static String call(String... arguments) {
        List<String> words = Stream.concat(Stream.of(SCRIPT.toString()), Stream.of(arguments))
                .toList();
        try {
            Process process =
                    new ProcessBuilder(words).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor())
                    .as("%s%n%s", String.join(" ", words), said)
                    .isZero();
            return said;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
