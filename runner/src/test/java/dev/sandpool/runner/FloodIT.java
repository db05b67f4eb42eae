package dev.sandpool.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One address sends all that can come before a run is admitted, more than the heap in sum. */
class FloodIT {
    @Test
    void anotherCallerIsServedWhateverStrangersSendToAHeapOf128(@TempDir Path spool) throws Exception {
        Path log = spool.resolve("log");
        Process probe = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FloodProbe.class.getName(),
                        spool.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            boolean ended = probe.waitFor(3, TimeUnit.MINUTES);
            String said = Files.readString(log, StandardCharsets.UTF_8);

            assertThat(ended).as(said).isTrue();
            assertThat(probe.exitValue()).as(said).isZero();
            assertThat(said).contains("all right");
        } finally {
            probe.destroyForcibly();
        }
    }
}
