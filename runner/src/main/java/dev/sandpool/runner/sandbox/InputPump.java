package dev.sandpool.runner.sandbox;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.FrameWriter;
import dev.sandpool.protocol.Protocol;
import dev.sandpool.protocol.ProtocolException;
import java.io.IOException;
import java.io.InputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A program's standard input on its way down, in a thread of its own, since nobody knows when its next bytes come. Never more is under way
 * than the protocol's window.
 */
final class InputPump {
    private static final Logger LOG = LoggerFactory.getLogger(InputPump.class);
    private static final int PIECE_BYTES = 16 * 1024;

    private final FrameWriter down;
    private final RunInput input;

    // Guarded by this.
    private long window = Protocol.STDIN_WINDOW_BYTES;
    private long unread;
    private boolean over;

    InputPump(FrameWriter down, RunInput input) {
        this.down = down;
        this.input = input;
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
        try (InputStream from = input.standardInput()) {
            byte[] piece = new byte[PIECE_BYTES];
            for (int room = awaitRoom(); room > 0; room = awaitRoom()) {
                int length = from.read(piece, 0, Math.min(room, piece.length));
                if (length < 0) {
                    down.write(new Frame.StdinEnd());
                    return;
                }
                sent(length);
                down.write(new Frame.Stdin(Bytes.view(piece, 0, length)));
            }
        } catch (IOException e) {
            // The run is over, or its caller has gone, which ends it in other ways.
            LOG.atDebug().setCause(e).log("a program's standard input ended early");
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts a pump", e);
        }
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
