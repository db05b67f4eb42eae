package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The test programs: small C sources of {@code src/test/c}, each compiled once. */
final class CPrograms {
    private static final Map<String, byte[]> COMPILED = new ConcurrentHashMap<>();

    private CPrograms() {}

    /** Statically linked, as the programs of a playground are. */
    static byte[] compiled(String name) {
        return COMPILED.computeIfAbsent(name, CPrograms::compile).clone();
    }

    private static byte[] compile(String name) {
        try {
            Path program = Files.createTempFile(name, ".program");
            Process compiler = new ProcessBuilder(
                            "cc", "-std=gnu11", "-O1", "-static", "-o", program.toString(), "src/test/c/" + name + ".c")
                    .inheritIO()
                    .start();
            assertThat(compiler.waitFor()).as("cc of " + name).isZero();
            byte[] bytes = Files.readAllBytes(program);
            Files.delete(program);
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The program with zeros after it, which nothing loads: as large as asked for. */
    static byte[] padded(byte[] program, int size) {
        return Arrays.copyOf(program, size);
    }
}
