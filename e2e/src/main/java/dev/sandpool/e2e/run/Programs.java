package dev.sandpool.e2e.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

/** The programs in {@code e2e/src/main/programs}, each compiled when it is first used. */
public final class Programs {
    /** From the folder of any module. */
    private static final Path SOURCES = Path.of("..", "e2e", "src", "main", "programs");

    private static final Path BUILT = Path.of("target/programs");
    private static final Map<String, byte[]> CACHE = new ConcurrentHashMap<>();

    private Programs() {}

    public static byte[] staticC(String name) {
        return built(name + ".static", "cc", "-O1", "-static", "-o", "{out}", "{src}/" + name + ".c");
    }

    public static byte[] dynamicC(String name) {
        return built(name + ".dynamic", "cc", "-O1", "-o", "{out}", "{src}/" + name + ".c");
    }

    /** Builds as the Go playground does: without cgo, so the file is static and has about 2.5 MB. */
    public static byte[] go(String name) {
        return goBuilt(name, ".go", "");
    }

    /** Builds without symbols: about 1.6 MB, the size of the program in the old backend's measurements. */
    public static byte[] smallGo(String name) {
        return goBuilt(name, ".small.go", "-s -w");
    }

    private static byte[] goBuilt(String name, String suffix, String linkerFlags) {
        return built(
                name + suffix,
                "env",
                "CGO_ENABLED=0",
                "GOOS=linux",
                "go",
                "build",
                "-ldflags=" + linkerFlags,
                "-o",
                "{out}",
                "{src}/" + name + ".go");
    }

    public static byte[] script(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Appends incompressible bytes up to a size: an ELF file may have anything at its end. */
    public static byte[] padded(byte[] program, int size) {
        byte[] all = new byte[size];
        new Random(1).nextBytes(all);
        System.arraycopy(program, 0, all, 0, program.length);
        return all;
    }

    private static byte[] built(String output, String... command) {
        return CACHE.computeIfAbsent(output, _ -> compile(output, command));
    }

    private static byte[] compile(String output, String... command) {
        Path out = BUILT.resolve(output).toAbsolutePath();
        List<String> words = new ArrayList<>(Arrays.asList(command));
        words.replaceAll(word -> word.replace("{out}", out.toString())
                .replace("{src}", SOURCES.toAbsolutePath().toString()));
        try {
            Files.createDirectories(BUILT);
            Process compiler =
                    new ProcessBuilder(words).redirectErrorStream(true).start();
            String said = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (compiler.waitFor() != 0) {
                throw new IllegalStateException(String.join(" ", words) + ": " + said);
            }
            return Files.readAllBytes(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
