package dev.sandpool.runner.api.live;

import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.run.UploadStoppedException;
import dev.sandpool.runner.sandbox.BulkInputStream;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Bytes on their way from the messages of a live run to whoever reads them. Who puts waits while too many are there, so that TCP holds the client back. */
final class LiveChannel extends BulkInputStream {
    private static final int MOST_BYTES = 256 * 1024;
    // This much each channel may hold without asking: two of its pieces.
    private static final int OWN_BYTES = 32 * 1024;

    private final MemoryBudget memory;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // All below guarded by lock.
    private final ArrayDeque<byte[]> pieces = new ArrayDeque<>();
    private int firstAt;
    private int bytes;
    private int borrowed;
    private boolean ended;
    private boolean waiting;
    private @Nullable RuntimeException stopped;
    private long deadline;
    private boolean bounded;
    private long arrivedAt = System.nanoTime();

    LiveChannel(MemoryBudget memory) {
        this.memory = memory;
    }

    /** Adds them; waits for room. Bytes that nobody wants any more are dropped. */
    void put(byte[] more) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (stopped == null && !ended && !hasRoomFor(more.length)) {
                changed.await();
            }
            arrivedAt = System.nanoTime();
            if (stopped == null && !ended && more.length > 0) {
                pieces.add(more);
                bytes += more.length;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** What has waited is read sooner or later, so there always is room again, whoever else has borrowed all memory. */
    private boolean hasRoomFor(int more) {
        if (bytes + more <= OWN_BYTES + borrowed) {
            return true;
        }
        if (bytes + more <= MOST_BYTES && memory.tryTake(more)) {
            borrowed += more;
            return true;
        }
        return bytes == 0;
    }

    private void giveBackAll() {
        memory.giveBack(borrowed);
        borrowed = 0;
    }

    /** No more will come; false if that was said before. */
    boolean end() {
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

    boolean hasEnded() {
        lock.lock();
        try {
            return ended;
        } finally {
            lock.unlock();
        }
    }

    /** Reading fails from now on, with that; the first one counts. */
    void stop(RuntimeException why) {
        lock.lock();
        try {
            if (stopped == null) {
                stopped = why;
                pieces.clear();
                firstAt = 0;
                bytes = 0;
                giveBackAll();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void waitUntil(long nanoTime) {
        lock.lock();
        try {
            deadline = nanoTime;
            bounded = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void startPace() {
        lock.lock();
        try {
            arrivedAt = System.nanoTime();
        } finally {
            lock.unlock();
        }
    }

    boolean stalledFor(long nanos) {
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
    public int read(byte[] into, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, into.length);
        lock.lock();
        try {
            awaitSome();
            byte[] first = pieces.peek();
            if (first == null) {
                return -1;
            }
            int count = Math.min(length, first.length - firstAt);
            System.arraycopy(first, firstAt, into, offset, count);
            firstAt += count;
            bytes -= count;
            if (firstAt == first.length) {
                pieces.remove();
                firstAt = 0;
            }
            if (bytes == 0) {
                giveBackAll();
            }
            changed.signalAll();
            return count;
        } finally {
            lock.unlock();
        }
    }

    private void awaitSome() {
        waiting = true;
        try {
            while (pieces.isEmpty() && !ended && stopped == null) {
                if (!bounded) {
                    changed.await();
                } else if (changed.awaitNanos(deadline - System.nanoTime()) <= 0) {
                    throw new UploadStoppedException("no more bytes came in time");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UploadStoppedException("interrupted while waiting for the client");
        } finally {
            waiting = false;
        }
        if (stopped != null) {
            throw stopped;
        }
    }
}
