package dev.sandpool.operator.pool;

import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Lets the reconciliations of one name have turns. The framework starts a second one beside the first when a pool is
 * deleted and made again while it is reconciled. Thread-safe.
 */
final class PoolTurns {
    // Many more than threads, so that two pools seldom share a lock. They may: one of them then waits.
    private static final int LOCKS = 256;

    private final Lock[] locks =
            Stream.generate(ReentrantLock::new).limit(LOCKS).toArray(Lock[]::new);

    /** Waits until no other thread works on that name, and returns what the work returns. */
    <T> T await(ResourceID pool, Supplier<T> work) {
        Lock turn = locks[Math.floorMod(pool.hashCode(), LOCKS)];
        turn.lock();
        try {
            return work.get();
        } finally {
            turn.unlock();
        }
    }
}
