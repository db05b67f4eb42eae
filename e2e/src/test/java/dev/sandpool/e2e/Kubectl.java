package dev.sandpool.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** kubectl, as a person types it, for the cluster of {@code KUBECONFIG}. */
final class Kubectl {
    private static final Path SCRIPT = Path.of("..", "scripts", "kubectl");

    private Kubectl() {}

    /**
     * What it said.
     *
     * @param warnings or errors, which is what it prints to stderr
     */
    record Said(int exitCode, String output, String warnings) {}

    static Said call(String... arguments) {
        return callWith("", arguments);
    }

    static Said callWith(String input, String... arguments) {
        List<String> words = Stream.concat(Stream.of(SCRIPT.toString()), Stream.of(arguments))
                .toList();
        try {
            Process process = new ProcessBuilder(words).start();
            var warnings = CompletableFuture.supplyAsync(() -> read(process.errorReader(StandardCharsets.UTF_8)));
            try (var stdin = process.outputWriter(StandardCharsets.UTF_8)) {
                stdin.write(input);
            }
            String output = read(process.inputReader(StandardCharsets.UTF_8));
            return new Said(process.waitFor(), output, warnings.join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String read(java.io.Reader reader) {
        try (reader) {
            return reader.readAllAsString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
