package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.FrameWriter;
import dev.sandpool.protocol.Protocol;
import dev.sandpool.protocol.ProtocolException;
import dev.sandpool.runner.sandbox.RunInput;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;

/**
 * A program's standard input on its way down, in a thread of its own, since nobody knows when its next bytes come. Never more is under way
 * than the protocol's window. What fails while it is read, and not because the run is over, ends the run.
 */
final class InputPump {
    private static final int PIECE_BYTES = 16 * 1024;

    private final FrameWriter down;
    private final RunInput input;
    private final Consumer<Exception> failed;

    // Guarded by this.
    private long window = Protocol.STDIN_WINDOW_BYTES;
    private long unread;
    private boolean over;

    /** @param failed is told, by the pump's thread, why what the caller sends cannot be read on */
    InputPump(FrameWriter down, RunInput input, Consumer<Exception> failed) {
        this.down = down;
        this.input = input;
        this.failed = failed;
    }

    Thread start() {
        return Thread.ofVirtual().name("stdin").start(this::pump);
    }

    /**
     * The program took so many.
     *
     * @throws ProtocolException when so many were not sent
     */
    synchronized void taken(long bytes) throws ProtocolException {
        if (bytes > unread) {
            throw new ProtocolException("STDIN_READ of " + bytes + " bytes, and " + unread + " were not read yet");
        }
        unread -= bytes;
        window += bytes;
        notifyAll();
    }

    /** The run is over; nothing is sent any more. */
    void stop() {
        synchronized (this) {
            over = true;
            notifyAll();
        }
        input.stop();
    }

    private void pump() {
        try {
            InputStream from = input.standardInput();
            byte[] piece = new byte[PIECE_BYTES];
            for (int room = awaitRoom(); room > 0; room = awaitRoom()) {
                int length = from.read(piece, 0, Math.min(room, piece.length));
                if (!send(piece, length)) {
                    return;
                }
            }
        } catch (IOException | RuntimeException e) {
            // Whatever a caller's stream throws, its failure is the caller's, as it is for a program.
            if (!isOver()) {
                failed.accept(e);
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts a pump", e);
        }
    }

    /** False when there is nothing more to send, or nobody takes it. */
    private boolean send(byte[] piece, int length) {
        try {
            if (length < 0) {
                down.write(new Frame.StdinEnd());
                return false;
            }
            sent(length);
            down.write(new Frame.Stdin(Bytes.view(piece, 0, length)));
            return true;
        } catch (IOException e) {
            // The way down broke. What came up before, an EXIT perhaps, and the reason are in the inbox.
            return false;
        }
    }

    private synchronized boolean isOver() {
        return over;
    }

    private synchronized int awaitRoom() throws InterruptedException {
        while (window == 0 && !over) {
            wait();
        }
        return over ? 0 : (int) window;
    }

    private synchronized void sent(int bytes) {
        window -= bytes;
        unread += bytes;
    }
}
