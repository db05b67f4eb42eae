package dev.sandpool.runner.admission;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A semaphore that never blocks and is fair between callers: a caller gets another permit only while more are free than
 * it holds. So a single caller gets half of the permits at most, and the rest is left to others. Thread-safe.
 *
 * <p>It limits what requests take before they have a slot: uploads that have not begun, heads and options that are
 * larger than usual, connections. It also limits the disk that outputs take.
 */
public final class FairSemaphore {
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock.
    private final Map<Caller, Integer> held = new HashMap<>();
    private int free;

    /** A permit, held until it is closed once. */
    public interface Permit extends AutoCloseable {
        @Override
        void close();
    }

    public FairSemaphore(int permits) {
        free = permits;
    }

    /** Acquires a permit; empty if there is none for the caller. */
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

    /** Returns whether the caller holds a permit. */
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
