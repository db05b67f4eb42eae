package dev.sandpool.runner.admission;

import java.util.concurrent.atomic.AtomicLong;

/** Heap that all requests share for what they may hold in memory; who gets none uses the disk, or waits. Safe for all threads. */
public final class MemoryBudget {
    private final AtomicLong left;

    public MemoryBudget(long bytes) {
        left = new AtomicLong(bytes);
    }

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

    public void giveBack(long bytes) {
        left.addAndGet(bytes);
    }

    public long left() {
        return left.get();
    }
}
