package dev.sandpool.runner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.config.Setting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process itself: how it starts, fails and ends. Its sandboxes never start, which it has to bear. */
class RunnerMainIT {
    // For the start of a JVM, on a machine that does much else.
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @TempDir
    private Path folder;

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void endAll() {
        started.forEach(Process::destroyForcibly);
    }

    @Test
    void badSettingsAreALineEachAndStatus1() throws Exception {
        Process runner = runner("--workers=none", "--lisen=:80");

        assertThat(runner.waitFor()).isEqualTo(1);
        assertThat(log().lines())
                .containsExactly(
                        "--lisen=:80: there is no such setting; --help lists them",
                        "--workers=none: must be a whole number from 1 to 1000");
    }

    @Test
    void aPortThatIsTakenIsOneLineAndStatus1() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Process runner = runner("--listen=127.0.0.1:" + taken.getLocalPort());

            assertThat(runner.waitFor()).isEqualTo(1);
            assertThat(log().lines().filter(line -> !line.contains(" INFO RunnerMain: ")))
                    .containsExactly("sandpool runner: cannot listen on 127.0.0.1:" + taken.getLocalPort()
                            + ": Address already in use");
        }
    }

    @Test
    void aRunnerThatIsToldToEndEndsWithStatus0() throws Exception {
        Process runner = runner();
        Awaitility.await().atMost(PATIENCE).until(() -> log().contains("serving: "));

        runner.destroy();

        assertThat(runner.waitFor(PATIENCE)).isTrue();
        assertThat(runner.exitValue()).isZero();
        assertThat(log())
                .contains("settings: listen=", "isolation: ", "draining")
                .endsWith("RunnerMain: ended\n");
    }

    private Process runner(String... flags) throws IOException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                RunnerMain.class.getName(),
                "--listen=127.0.0.1:0",
                "--admin-listen=127.0.0.1:0",
                "--contained=/bin/true",
                "--runsc=none"));
        command.addAll(Arrays.asList(flags));
        var builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile());
        // Nothing from the surroundings: the scripts know variables, such as SANDPOOL_CACHE, that a runner refuses.
        builder.environment().keySet().removeIf(name -> name.startsWith(Setting.PREFIX));
        Process runner = builder.start();
        started.add(runner);
        return runner;
    }

    private String log() throws IOException {
        return Files.readString(folder.resolve("log"), StandardCharsets.UTF_8);
    }
}
