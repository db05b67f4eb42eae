package dev.sandpool.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/** {@code kubectl sandpool}, called as kubectl calls it. */
final class KubectlPlugin {
    private static final Path SCRIPTS =
            Path.of("..", "scripts").toAbsolutePath().normalize();

    private KubectlPlugin() {}

    /** What it said. */
    record Said(int exitCode, String output, String errors) {}

    /**
     * Calls it.
     *
     * @param programs a folder whose programs it finds first
     * @param environment more variables
     * @param input its standard input
     */
    static Said call(Path programs, Map<String, String> environment, String input, String... arguments) {
        List<String> words = Stream.concat(
                        Stream.of(SCRIPTS.resolve("kubectl-sandpool").toString()), Stream.of(arguments))
                .toList();
        var builder = new ProcessBuilder(words);
        builder.environment().merge("PATH", programs.toAbsolutePath() + ":", (path, first) -> first + path);
        builder.environment().putAll(environment);
        // Threads of their own: the common pool of a small machine has one, and both wait for the process.
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Process process = builder.start();
            var errors =
                    CompletableFuture.supplyAsync(() -> read(process.errorReader(StandardCharsets.UTF_8)), threads);
            // One that refuses its arguments is gone before it has read anything.
            var _ = CompletableFuture.runAsync(
                    () -> write(process.outputWriter(StandardCharsets.UTF_8), input), threads);
            String output = read(process.inputReader(StandardCharsets.UTF_8));
            return new Said(process.waitFor(), output, errors.join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** With the kubectl of the cluster that is meant. */
    static Said onCluster(String input, String... arguments) {
        return call(SCRIPTS, Map.of(), input, arguments);
    }

    private static String read(java.io.Reader reader) {
        try (reader) {
            return reader.readAllAsString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(java.io.Writer writer, String text) {
        try (writer) {
            writer.write(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
