package dev.sandpool.runner.sandbox.session;

import dev.sandpool.runner.sandbox.BulkInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Pieces of a byte stream on their way from one thread to another; few, and closable from both ends. */
public final class PieceQueue {
    private final int maxBytes;
    private final Runnable roomAgain;
    private final Queue<ByteBuffer> pieces = new ArrayDeque<>();
    private int bytes;
    private boolean wasFull;
    private boolean ended;
    private boolean closed;

    /**
     * @param maxBytes what is enough; one piece more may be in the queue
     * @param roomAgain called by the taker, once after each {@link #offer} that returned false, when there is room again
     */
    public PieceQueue(int maxBytes, Runnable roomAgain) {
        this.maxBytes = maxBytes;
        this.roomAgain = roomAgain;
    }

    /** Never blocks. False when nothing more should come before there is room again. */
    public synchronized boolean offer(ByteBuffer piece) {
        if (ended || closed) {
            return true;
        }
        if (piece.hasRemaining()) {
            pieces.add(piece);
            bytes += piece.remaining();
            notifyAll();
        }
        wasFull = bytes >= maxBytes;
        return !wasFull;
    }

    /** Blocks while the queue is full. */
    public synchronized void put(ByteBuffer piece) throws IOException, InterruptedException {
        while (bytes >= maxBytes && !ended && !closed) {
            wait();
        }
        if (ended || closed) {
            throw new IOException("the stream is closed");
        }
        offer(piece);
    }

    /** The next piece; null at the end. */
    @Nullable
    public ByteBuffer take() throws InterruptedException {
        ByteBuffer piece;
        boolean makesRoom;
        synchronized (this) {
            while (pieces.isEmpty() && !ended && !closed) {
                wait();
            }
            if (pieces.isEmpty()) {
                return null;
            }
            piece = pieces.remove();
            bytes -= piece.remaining();
            makesRoom = wasFull && bytes < maxBytes;
            wasFull = wasFull && !makesRoom;
            notifyAll();
        }
        if (makesRoom) {
            roomAgain.run();
        }
        return piece;
    }

    /** Nothing more comes; what is there can still be taken. */
    public synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** Nobody takes any more. */
    public synchronized void close() {
        closed = true;
        pieces.clear();
        bytes = 0;
        notifyAll();
    }

    /** The bytes of the queue; for one thread. */
    public InputStream asStream() {
        return new BulkInputStream() {
            private ByteBuffer rest = ByteBuffer.allocate(0);

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                if (length == 0) {
                    return 0;
                }
                if (!rest.hasRemaining()) {
                    ByteBuffer next = takeUninterrupted();
                    if (next == null) {
                        return -1;
                    }
                    rest = next;
                }
                int read = Math.min(length, rest.remaining());
                rest.get(into, offset, read);
                return read;
            }
        };
    }

    private @Nullable ByteBuffer takeUninterrupted() throws InterruptedIOException {
        try {
            return take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for bytes");
        }
    }
}
