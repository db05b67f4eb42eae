package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Runs what the Makefile builds of test/patterns.c. */
class PatternsTest {
    @Test
    void patternsInCMatchWhatThoseInJavaMatch() throws IOException, InterruptedException {
        Process patterns = new ProcessBuilder("target/patterns", "../protocol/golden/patterns.txt")
                .redirectErrorStream(true)
                .start();
        String said = new String(patterns.getInputStream().readAllBytes(), UTF_8);

        assertThat(patterns.waitFor()).as(said).isZero();
        assertThat(said).containsPattern("[1-9][0-9]+ lines, 0 failed\n");
    }
}
