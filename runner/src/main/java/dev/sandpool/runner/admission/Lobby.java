package dev.sandpool.runner.admission;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Places for requests that have yet to show that their clients send something. A caller gets one more only while more are free than he has:
 * alone he can have half of them, and the rest is left to others. Safe for all threads.
 */
public final class Lobby {
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock.
    private final Map<Caller, Integer> taken = new HashMap<>();
    private int free;

    /** A place that is taken until it is closed, once. */
    public interface Place extends AutoCloseable {
        @Override
        void close();
    }

    public Lobby(int places) {
        free = places;
    }

    /** Empty if there is none for that caller. */
    public Optional<Place> enter(Caller caller) {
        lock.lock();
        try {
            int own = taken.getOrDefault(caller, 0);
            if (own >= free) {
                return Optional.empty();
            }
            free--;
            taken.put(caller, own + 1);
            return Optional.of(() -> leave(caller));
        } finally {
            lock.unlock();
        }
    }

    /** Whether that caller has any. */
    public boolean hasAny(Caller caller) {
        lock.lock();
        try {
            return taken.containsKey(caller);
        } finally {
            lock.unlock();
        }
    }

    private void leave(Caller caller) {
        lock.lock();
        try {
            free++;
            taken.computeIfPresent(caller, (_, own) -> own > 1 ? own - 1 : null);
        } finally {
            lock.unlock();
        }
    }
}
