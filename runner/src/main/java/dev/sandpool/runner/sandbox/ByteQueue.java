package dev.sandpool.runner.sandbox;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A bounded stream of bytes from one thread to another that either side can end. Thread-safe, but only one thread may
 * read. The reader uses it as an {@link InputStream} or {@linkplain #take takes} whole pieces.
 */
public final class ByteQueue extends BulkInputStream {
    private final Bound bound;
    private final Runnable roomAgain;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayDeque<ByteBuffer> pieces = new ArrayDeque<>();

    @GuardedBy("lock")
    private int bytes;

    @GuardedBy("lock")
    private boolean wasFull;

    @GuardedBy("lock")
    private boolean ended;

    @GuardedBy("lock")
    private boolean closed;

    @GuardedBy("lock")
    private @Nullable RuntimeException failure;

    @GuardedBy("lock")
    private boolean waiting;

    @GuardedBy("lock")
    private long arrivedAt = System.nanoTime();

    @GuardedBy("lock")
    private long deadline;

    @GuardedBy("lock")
    private @Nullable Supplier<RuntimeException> late;

    /** The limit of the bytes that may wait in a queue. The queue calls it with its lock held. */
    public interface Bound {
        /**
         * Returns whether {@code more} bytes may be added to the {@code waiting} ones. If so, reserves what they need.
         */
        boolean reserve(int waiting, int more);

        /** Returns whether nothing should be added to the {@code waiting} bytes. Reserves nothing. */
        boolean isFull(int waiting);

        /** Called when the queue is empty. Releases what was reserved. */
        default void emptied() {}

        /**
         * Admits pieces while fewer than {@code maxBytes} wait, so the queue may exceed {@code maxBytes} by one piece.
         */
        static Bound of(int maxBytes) {
            return new Bound() {
                @Override
                public boolean reserve(int waiting, int more) {
                    return !isFull(waiting);
                }

                @Override
                public boolean isFull(int waiting) {
                    return waiting >= maxBytes;
                }
            };
        }
    }

    public ByteQueue(Bound bound) {
        this(bound, () -> {});
    }

    /**
     * @param roomAgain called by the reader, once after each {@link #offer} that returned false, as soon as there is
     *     room
     */
    public ByteQueue(Bound bound, Runnable roomAgain) {
        this.bound = bound;
        this.roomAgain = roomAgain;
    }

    /**
     * Adds a piece without blocking, even if the queue is full. Returns false if the caller should pause until there is
     * room. Drops the piece and returns true if the queue has ended or is closed.
     */
    public boolean offer(ByteBuffer piece) {
        lock.lock();
        try {
            if (ended || closed) {
                return true;
            }
            add(piece);
            wasFull = bound.isFull(bytes);
            return !wasFull;
        } finally {
            lock.unlock();
        }
    }

    /** Adds a piece; blocks while there is no room. Returns false if the queue has ended or is closed. */
    public boolean put(ByteBuffer piece) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!ended && !closed && !bound.reserve(bytes, piece.remaining())) {
                changed.await();
            }
            if (ended || closed) {
                return false;
            }
            add(piece);
            return true;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void add(ByteBuffer piece) {
        arrivedAt = System.nanoTime();
        if (piece.hasRemaining()) {
            pieces.add(piece);
            bytes += piece.remaining();
            changed.signalAll();
        }
    }

    /** Ends the stream. The bytes in the queue can still be read. Returns false if it had ended before. */
    public boolean end() {
        lock.lock();
        try {
            boolean isFirst = !ended;
            ended = true;
            changed.signalAll();
            return isFirst;
        } finally {
            lock.unlock();
        }
    }

    /** Returns whether {@link #end} was called. */
    public boolean hasEnded() {
        lock.lock();
        try {
            return ended;
        } finally {
            lock.unlock();
        }
    }

    /** Closes the reader's side. The queue drops all bytes, also later ones, and a waiting read returns the end. */
    @Override
    public void close() {
        close(null);
    }

    /**
     * Closes the queue as {@link #close} does, but each later read throws {@code why}. Only the first call has an
     * effect.
     */
    public void fail(RuntimeException why) {
        close(why);
    }

    private void close(@Nullable RuntimeException why) {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                failure = why;
                pieces.clear();
                bytes = 0;
                bound.emptied();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sets the deadline of reads, as a {@link System#nanoTime} value. A read that has no bytes by then throws the
     * supplied exception.
     */
    public void waitUntil(long nanoTime, Supplier<RuntimeException> failure) {
        lock.lock();
        try {
            deadline = nanoTime;
            late = failure;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Restarts the clock of {@link #stalledFor}. */
    public void startPace() {
        lock.lock();
        try {
            arrivedAt = System.nanoTime();
        } finally {
            lock.unlock();
        }
    }

    /** Returns whether a read is waiting and no bytes have come for {@code nanos} nanoseconds. */
    public boolean stalledFor(long nanos) {
        lock.lock();
        try {
            return waiting && System.nanoTime() - arrivedAt >= nanos;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int available() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int read(byte[] into, int offset, int length) throws InterruptedIOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (length == 0) {
            return 0;
        }
        int count;
        boolean makesRoom;
        lock.lock();
        try {
            ByteBuffer first = first();
            if (first == null) {
                return -1;
            }
            count = Math.min(length, first.remaining());
            first.get(into, offset, count);
            makesRoom = taken(first, count);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for bytes");
        } finally {
            lock.unlock();
        }
        if (makesRoom) {
            roomAgain.run();
        }
        return count;
    }

    /** Returns the next piece, or null at the end. Blocks while there is none. */
    public @Nullable ByteBuffer take() throws InterruptedException {
        ByteBuffer piece;
        boolean makesRoom;
        lock.lock();
        try {
            ByteBuffer first = first();
            if (first == null) {
                return null;
            }
            piece = first.slice();
            first.position(first.limit());
            makesRoom = taken(first, piece.remaining());
        } finally {
            lock.unlock();
        }
        if (makesRoom) {
            roomAgain.run();
        }
        return piece;
    }

    /** Waits for the first piece and returns it, or null at the end. */
    @GuardedBy("lock")
    private @Nullable ByteBuffer first() throws InterruptedException {
        waiting = true;
        try {
            while (pieces.isEmpty() && !ended && !closed) {
                if (late == null) {
                    changed.await();
                } else if (changed.awaitNanos(deadline - System.nanoTime()) <= 0) {
                    throw late.get();
                }
            }
        } finally {
            waiting = false;
        }
        if (failure != null) {
            throw failure;
        }
        return pieces.peek();
    }

    /**
     * Removes {@code count} bytes that were read from the first piece. Returns whether the caller has to call {@link
     * #roomAgain}, after it released the lock.
     */
    @GuardedBy("lock")
    private boolean taken(ByteBuffer first, int count) {
        bytes -= count;
        if (!first.hasRemaining()) {
            pieces.remove();
        }
        if (bytes == 0) {
            bound.emptied();
        }
        boolean makesRoom = wasFull && !bound.isFull(bytes);
        wasFull &= !makesRoom;
        changed.signalAll();
        return makesRoom;
    }
}
