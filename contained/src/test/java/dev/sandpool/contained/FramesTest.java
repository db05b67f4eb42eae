package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class FramesTest {
    @Test
    void theCodecInCAgreesWithTheGoldenFrames() throws IOException, InterruptedException {
        Process golden = new ProcessBuilder("target/golden", "../protocol/golden/frames.txt")
                .redirectErrorStream(true)
                .start();
        String said = new String(golden.getInputStream().readAllBytes(), UTF_8);

        assertThat(golden.waitFor()).as(said).isZero();
        assertThat(said).containsPattern("\n[1-9][0-9]+ passed, 0 failed\n");
    }
}
