package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class JoinTest {
    @Test
    void noSandboxIsJoinedBeforeTheProcessesOfTheOneBeforeHaveEnded() throws IOException, InterruptedException {
        Process test =
                new ProcessBuilder("target/join").redirectErrorStream(true).start();
        String said = new String(test.getInputStream().readAllBytes(), UTF_8);

        assertThat(test.waitFor()).as(said).isZero();
    }
}
