package dev.sandpool.runner.sandbox;

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
 * A byte stream on its way from one thread to another: bounded, and it can be ended from either side. Safe for all threads, one of which reads, as an
 * {@link InputStream} or by the {@linkplain #take piece}.
 */
public final class ByteQueue extends BulkInputStream {
    private final Bound bound;
    private final Runnable roomAgain;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // All below guarded by lock.
    private final ArrayDeque<ByteBuffer> pieces = new ArrayDeque<>();
    private int bytes;
    private boolean wasFull;
    private boolean ended;
    private boolean closed;
    private @Nullable RuntimeException failure;
    private boolean waiting;
    private long arrivedAt = System.nanoTime();
    private long deadline;
    private @Nullable Supplier<RuntimeException> late;

    /** How much may wait in a queue. Asked with the queue's lock held. */
    public interface Bound {
        /** Whether so many bytes more may come to those that wait; takes what they need. */
        boolean admits(int waiting, int more);

        /** None waits any more: what was taken is given back. */
        default void emptied() {}

        /** So many are enough; one piece more may be in the queue. */
        static Bound of(int maxBytes) {
            return (waiting, _) -> waiting < maxBytes;
        }
    }

    public ByteQueue(Bound bound) {
        this(bound, () -> {});
    }

    /** @param roomAgain called by the reader, once after each {@link #offer} that returned false, when there is room again */
    public ByteQueue(Bound bound, Runnable roomAgain) {
        this.bound = bound;
        this.roomAgain = roomAgain;
    }

    /** Never blocks. False when nothing more should come before there is room again. */
    public boolean offer(ByteBuffer piece) {
        lock.lock();
        try {
            if (ended || closed) {
                return true;
            }
            add(piece);
            wasFull = !bound.admits(bytes, 1);
            return !wasFull;
        } finally {
            lock.unlock();
        }
    }

    /** Blocks while there is no room. False when nobody wants it any more. */
    public boolean put(ByteBuffer piece) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!ended && !closed && !bound.admits(bytes, piece.remaining())) {
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

    private void add(ByteBuffer piece) {
        arrivedAt = System.nanoTime();
        if (piece.hasRemaining()) {
            pieces.add(piece);
            bytes += piece.remaining();
            changed.signalAll();
        }
    }

    /** Nothing more comes; what is there can still be read. False if that was said before. */
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

    public boolean hasEnded() {
        lock.lock();
        try {
            return ended;
        } finally {
            lock.unlock();
        }
    }

    /** Nobody reads any more. What still comes is dropped, and a read that waits is at the end. */
    @Override
    public void close() {
        close(null);
    }

    /** As {@link #close}, but reading fails from now on, with that. The first one counts. */
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

    /** No read waits longer than until then; a later one fails with what that supplies. */
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

    /** Counts the time without new bytes from here on. */
    public void startPace() {
        lock.lock();
        try {
            arrivedAt = System.nanoTime();
        } finally {
            lock.unlock();
        }
    }

    /** Whether a read waits, and nothing has come for so long. */
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

    /** The next piece; null at the end. */
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

    /** The first piece, when there is one; null at the end. */
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

    /** So many of the first piece were read. Whether {@link #roomAgain} is to be told, without the lock. */
    private boolean taken(ByteBuffer first, int count) {
        bytes -= count;
        if (!first.hasRemaining()) {
            pieces.remove();
        }
        if (bytes == 0) {
            bound.emptied();
        }
        boolean makesRoom = wasFull && bound.admits(bytes, 1);
        wasFull &= !makesRoom;
        changed.signalAll();
        return makesRoom;
    }
}
