package dev.sandpool.runner.admission;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A semaphore that never waits and is fair between callers: a caller gets one more permit only while more are free than it holds. Alone it can have
 * half of them, and the rest is left to others. Safe for all threads.
 *
 * <p>It bounds what requests take before they have a slot: uploads that have not begun, heads and options that are larger than usual, connections.
 */
public final class FairSemaphore {
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock.
    private final Map<Caller, Integer> held = new HashMap<>();
    private int free;

    /** Held until it is closed, once. */
    public interface Permit extends AutoCloseable {
        @Override
        void close();
    }

    public FairSemaphore(int permits) {
        free = permits;
    }

    /** Empty if there is none for that caller. */
    public Optional<Permit> tryAcquire(Caller caller) {
        lock.lock();
        try {
            int own = held.getOrDefault(caller, 0);
            if (own >= free) {
                return Optional.empty();
            }
            free--;
            held.put(caller, own + 1);
            return Optional.of(() -> release(caller));
        } finally {
            lock.unlock();
        }
    }

    /** Whether that caller holds any. */
    public boolean holdsAny(Caller caller) {
        lock.lock();
        try {
            return held.containsKey(caller);
        } finally {
            lock.unlock();
        }
    }

    private void release(Caller caller) {
        lock.lock();
        try {
            free++;
            held.computeIfPresent(caller, (_, own) -> own > 1 ? own - 1 : null);
        } finally {
            lock.unlock();
        }
    }
}
