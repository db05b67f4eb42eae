package dev.sandpool.runner.sandbox.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class DiagnosticLogTest {
    private static final int MOST = 256 * 1024;

    private final DiagnosticLog log = new DiagnosticLog("test");

    private boolean add(String text) {
        return log.add(ByteBuffer.wrap(text.getBytes(US_ASCII)));
    }

    @Test
    void tooMuchIsTooMuchInAllOfItsPieces() {
        assertThat(add("x".repeat(MOST))).isTrue();
        assertThat(add("y")).isFalse();
    }

    @Test
    void itsEndIsKeptWithoutWhatATerminalObeys() {
        add("x".repeat(2000));
        add("\u001b[2Jbad\nend\n");
        assertThat(log.tail()).hasSize(999).endsWith("x?[2Jbad end");
    }

    @Test
    void theNextSandboxBeginsAnew() {
        add("x".repeat(MOST));
        log.nextSandbox();
        assertThat(log.tail()).isEmpty();
        assertThat(add("y".repeat(MOST))).isTrue();
        assertThat(add("z")).isFalse();
    }
}
