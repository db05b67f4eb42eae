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
 * Sends a program's standard input to the sandbox, in a thread of its own because its next bytes may come at any time.
 * The bytes under way never exceed the protocol's window. Nothing is read before the program has started: until then a
 * lost sandbox is replaced, and the next one needs the whole input. A failure to read ends the run, unless the run is
 * over.
 */
final class InputPump {
    private static final int PIECE_BYTES = 16 * 1024;

    private final FrameWriter down;
    private final RunInput input;
    private final Consumer<Exception> failed;

    // Guarded by this.
    private boolean open;
    private long window;
    private long unread;
    private boolean over;

    /** @param failed receives the reason, on the pump's thread, when the caller's input cannot be read any further */
    InputPump(FrameWriter down, RunInput input, Consumer<Exception> failed) {
        this.down = down;
        this.input = input;
        this.failed = failed;
    }

    Thread start() {
        return Thread.ofVirtual().name("stdin").start(this::pump);
    }

    /** Notes that the program has started, so that it can take the first bytes. */
    synchronized void open() {
        open = true;
        window = Protocol.STDIN_WINDOW_BYTES;
        notifyAll();
    }

    /**
     * Notes that the program has taken {@code bytes}, which enlarges the window.
     *
     * @throws ProtocolException when fewer bytes were sent
     */
    synchronized void taken(long bytes) throws ProtocolException {
        if (bytes > unread) {
            throw new ProtocolException("STDIN_READ of " + bytes + " bytes, and " + unread + " were not read yet");
        }
        unread -= bytes;
        window += bytes;
        notifyAll();
    }

    /** Stops sending, because the run is over. The input is left whole if nothing of it was read. */
    void stop() {
        boolean mayBeReading;
        synchronized (this) {
            over = true;
            mayBeReading = open;
            notifyAll();
        }
        if (mayBeReading) {
            input.stop();
        }
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
            // A caller's stream may throw anything. Each failure is the caller's fault, as it is for a program.
            if (!isOver()) {
                failed.accept(e);
            }
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts a pump", e);
        }
    }

    /** Returns false when nothing more has to be sent, or can be. */
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
            // The way down broke. The frames that came before, perhaps an EXIT, and the reason are in the inbox.
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
