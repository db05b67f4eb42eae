package dev.sandpool.runner.sandbox.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandpool.runner.sandbox.ByteQueue;
import dev.sandpool.runner.sandbox.session.DiagnosticLog;
import dev.sandpool.runner.sandbox.session.Transport;
import io.fabric8.kubernetes.client.http.WebSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The attach stream of a pod: a WebSocket whose messages begin with the number of a channel.
 *
 * <p>Does not use Fabric8's own attach. That one costs a LIST and a WATCH per attach, sleeps for 50 ms at a time while
 * its queue is full, and stalls all channels when one is not read.
 */
final class AttachTransport implements Transport, WebSocket.Listener {
    private static final byte STDIN = 0;
    private static final byte STDOUT = 1;
    private static final byte STDERR = 2;
    private static final byte ERROR = 3;

    // 64 KiB with the byte of the channel: one WebSocket frame.
    private static final int MESSAGE_BYTES = 64 * 1024 - 1;

    // Several times what a local API server accepts in a millisecond. More would only occupy the heap.
    private static final long SENT_AHEAD_BYTES = 1024 * 1024;

    // Output arrives in pieces of at most 32 KiB. Eight of them hide the round trip to the event loop, and cost 2 MiB.
    private static final int READ_AHEAD_BYTES = 256 * 1024;

    // The WebSocket does not report when its queue shrinks.
    private static final Duration PARK = Duration.ofMillis(1);

    private static final int NORMAL_CLOSURE = 1000;
    private static final int KEPT_STATUS_BYTES = 2000;

    private final DiagnosticLog diagnostics;
    private final ByteQueue up = new ByteQueue(ByteQueue.Bound.of(READ_AHEAD_BYTES), this::requestMore);
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile @Nullable WebSocket socket;
    private volatile @Nullable String end;
    private volatile String status = "";

    AttachTransport(String pod) {
        this.diagnostics = new DiagnosticLog(pod);
    }

    @Override
    public void onOpen(WebSocket webSocket) {
        socket = webSocket;
        webSocket.request();
        if (closed.get()) { // closed while it was being opened
            webSocket.sendClose(NORMAL_CLOSURE, "");
        }
    }

    @Override
    public void onMessage(WebSocket webSocket, ByteBuffer message) {
        boolean more = true;
        if (message.hasRemaining()) {
            switch (message.get()) {
                case STDOUT -> more = up.offer(message);
                case STDERR -> {
                    if (!diagnostics.add(message)) {
                        broken("too much on the diagnostics channel");
                        close();
                    }
                }
                case ERROR -> status(message);
                default -> {
                    // Channel 255 is CLOSE of v5, which names the channel that closed. The other channels are for
                    // terminals.
                }
            }
        }
        if (more) {
            webSocket.request();
        }
    }

    // Handles a v1 Status: Success when the streams ended, whatever the container did; otherwise what broke on the way.
    private void status(ByteBuffer message) {
        byte[] json = new byte[Math.min(message.remaining(), KEPT_STATUS_BYTES)];
        message.get(json);
        status = new String(json, UTF_8).strip();
    }

    @Override
    public void onMessage(WebSocket webSocket, String text) {
        webSocket.request(); // attach sends binary messages, so a text has no meaning
    }

    @Override
    public void onClose(WebSocket webSocket, int code, String reason) {
        broken("closed with %d %s".formatted(code, reason == null ? "" : reason).strip());
    }

    @Override
    public void onError(WebSocket webSocket, Throwable error) {
        broken("failed: " + error);
    }

    private void broken(String how) {
        if (end == null) {
            end = how;
        }
        up.end();
    }

    private void requestMore() {
        WebSocket current = socket;
        if (current != null) {
            current.request();
        }
    }

    @Override
    public InputStream up() {
        return up;
    }

    @Override
    public OutputStream down() {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] from, int offset, int length) throws IOException {
                for (int done = 0; done < length; done += MESSAGE_BYTES) {
                    send(from, offset + done, Math.min(length - done, MESSAGE_BYTES));
                }
            }
        };
    }

    private void send(byte[] from, int offset, int length) throws IOException {
        ByteBuffer message = ByteBuffer.allocate(length + 1)
                .put(STDIN)
                .put(from, offset, length)
                .flip();
        WebSocket current = socket;
        while (isOpen() && current != null && current.queueSize() + length > SENT_AHEAD_BYTES) {
            LockSupport.parkNanos(this, PARK.toNanos());
        }
        if (!isOpen() || current == null || !current.send(message)) {
            throw new IOException("the attach stream is closed");
        }
    }

    private boolean isOpen() {
        return !closed.get() && end == null;
    }

    @Override
    public ThreadFactory readers() {
        return Thread.ofVirtual().name("attach-up").factory();
    }

    @Override
    public void nextSandbox() {
        diagnostics.nextSandbox();
    }

    @Override
    public String explanation() {
        String how = end;
        String said = diagnostics.tail();
        return "the attach stream " + (how == null ? "is open" : how)
                + (status.isEmpty() ? "" : " with status " + status)
                + (said.isEmpty() ? "" : "; contained said: " + said);
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        up.close();
        WebSocket current = socket;
        if (current != null) {
            current.sendClose(NORMAL_CLOSURE, "");
        }
    }
}
