package dev.sandpool.runner.admission;

import java.util.concurrent.atomic.AtomicLong;

/** The heap that all requests share for buffers. A request that gets none uses the disk, or waits. Thread-safe. */
public final class MemoryBudget {
    private final AtomicLong left;

    public MemoryBudget(long bytes) {
        left = new AtomicLong(bytes);
    }

    /** Takes bytes from the budget without waiting. Returns false if fewer are left. */
    public boolean tryTake(long bytes) {
        while (true) {
            long now = left.get();
            if (now < bytes) {
                return false;
            }
            if (left.compareAndSet(now, now - bytes)) {
                return true;
            }
        }
    }

    /** Gives bytes back to the budget. */
    public void giveBack(long bytes) {
        left.addAndGet(bytes);
    }

    /** Returns the number of bytes that are left. */
    public long left() {
        return left.get();
    }
}
