package dev.sandpool.runner.sandbox.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.http.WebSocket;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class AttachTransportTest {
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int ERROR = 3;

    private final AttachTransport transport = new AttachTransport("pod");
    private final TestingSocket socket = new TestingSocket();

    /** Keeps what is sent, and lets the test say how much of it is still queued. */
    private static final class TestingSocket implements WebSocket {
        private final List<byte[]> sent = Collections.synchronizedList(new ArrayList<>());
        private final CountDownLatch asked = new CountDownLatch(2);
        private volatile long queued;
        private int requests;
        private boolean closed;

        @Override
        public boolean send(ByteBuffer buffer) {
            byte[] message = new byte[buffer.remaining()];
            buffer.get(message);
            sent.add(message);
            return true;
        }

        @Override
        public boolean sendClose(int code, String reason) {
            closed = true;
            return true;
        }

        @Override
        public long queueSize() {
            asked.countDown();
            return queued;
        }

        @Override
        public void request() {
            requests++;
        }
    }

    @BeforeEach
    void open() {
        transport.onOpen(socket);
        assertThat(socket.requests).isEqualTo(1);
    }

    private void arrives(int channel, byte[] payload) {
        transport.onMessage(
                socket,
                ByteBuffer.allocate(payload.length + 1)
                        .put((byte) channel)
                        .put(payload)
                        .flip());
    }

    @Test
    void nothingMoreIsAskedForWhileNobodyReads() throws Exception {
        byte[] piece = new byte[32 * 1024];
        int pieces = 0;
        while (socket.requests == pieces + 1) {
            arrives(STDOUT, piece);
            pieces++;
        }
        assertThat(pieces).isEqualTo(8); // 256 KiB
        transport.up().readNBytes(piece.length);
        assertThat(socket.requests).isEqualTo(pieces + 1);
    }

    @Test
    void theOtherChannelsDoNotMixWithFrames() throws Exception {
        arrives(STDERR, "no tmpfs\n".getBytes(UTF_8));
        arrives(STDOUT, "frames".getBytes(UTF_8));
        arrives(ERROR, "{\"status\":\"Failure\"}".getBytes(UTF_8));
        arrives(255, new byte[] {1});
        transport.onMessage(socket, ByteBuffer.allocate(0));
        transport.onClose(socket, 1006, "gone");
        assertThat(transport.up().readAllBytes()).asString().isEqualTo("frames");
        assertThat(transport.explanation())
                .isEqualTo("the attach stream closed with 1006 gone with status {\"status\":\"Failure\"};"
                        + " contained said: no tmpfs");
    }

    @Test
    void aFloodOfDiagnosticsEndsIt() throws Exception {
        byte[] piece = new byte[32 * 1024];
        for (int i = 0; i < 9; i++) {
            arrives(STDERR, piece);
        }
        assertThat(socket.closed).isTrue();
        assertThat(transport.up().read()).isEqualTo(-1);
        assertThat(transport.explanation()).contains("too much on the diagnostics channel");
    }

    @Test
    void whatIsSentBecomesMessagesOfOneWebSocketFrame() throws Exception {
        byte[] bytes = new byte[150_000];
        transport.down().write(bytes);
        assertThat(socket.sent).extracting(message -> message.length).containsExactly(65_536, 65_536, 18_931);
        assertThat(socket.sent).allSatisfy(message -> assertThat(message[0]).isZero());
    }

    @Test
    void aWriterWaitsWhileTooMuchIsQueued() throws Exception {
        socket.queued = 1024 * 1024;
        OutputStream down = transport.down();
        var write = CompletableFuture.runAsync(() -> write(down));
        socket.asked.await();
        assertThat(socket.sent).isEmpty();
        socket.queued = 0;
        write.get();
        assertThat(socket.sent).hasSize(1);
    }

    @Test
    void closingWakesAWriterThatWaits() throws Exception {
        socket.queued = 1024 * 1024;
        OutputStream down = transport.down();
        var write = CompletableFuture.runAsync(() -> write(down));
        socket.asked.await();
        transport.close();
        assertThat(write).failsWithin(Duration.ofSeconds(5)).withThrowableThat().withStackTraceContaining("is closed");
        assertThatThrownBy(() -> down.write(1)).isInstanceOf(IOException.class);
        assertThat(socket.closed).isTrue();
    }

    @Test
    void oneThatOpensAfterItWasGivenUpIsClosed() {
        AttachTransport late = new AttachTransport("pod");
        late.close();
        TestingSocket opened = new TestingSocket();
        late.onOpen(opened);
        assertThat(opened.closed).isTrue();
    }

    private static void write(OutputStream down) {
        try {
            down.write(new byte[100]);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
