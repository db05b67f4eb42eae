package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.Deadline;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * Selects the sandbox of a claim: one that the caller has used before, otherwise an unused one. Not thread-safe, but
 * waiting releases the pool's lock.
 */
final class Claims {
    // A sandbox needs some 10 ms to prove that it is clean, more on a busy node. A new one costs over half a CPU
    // second.
    static final Duration PATIENCE = Duration.ofMillis(250);

    private final IdleSandboxes idle;
    private final ReusableSandboxes reusable;
    private final Replenisher replenisher;
    private final Runnable reconcile;
    private final Condition changed;
    private boolean closed;
    private int waiting;

    /** @param changed a condition of the pool's lock */
    Claims(
            IdleSandboxes idle,
            ReusableSandboxes reusable,
            Replenisher replenisher,
            Runnable reconcile,
            Condition changed) {
        this.idle = idle;
        this.reusable = reusable;
        this.replenisher = replenisher;
        this.reconcile = reconcile;
        this.changed = changed;
    }

    /** Lets all waiting claims look again, because a sandbox may have become available. */
    void wake() {
        changed.signalAll(); // all of them, because some may wait for their own sandbox, which this one may not be
    }

    void close() {
        closed = true;
        wake();
    }

    /** Returns the number of claims that wait for a sandbox. */
    int waiting() {
        return waiting;
    }

    /** Returns a sandbox, or null if none became available in time or the pool was closed. */
    @Nullable
    PooledSandbox take(String caller, Duration atMost) throws InterruptedException {
        waiting++;
        try {
            return takeOrWait(caller, atMost);
        } finally {
            waiting--;
        }
    }

    private @Nullable PooledSandbox takeOrWait(String caller, Duration atMost) throws InterruptedException {
        Deadline deadline = Deadline.in(atMost);
        Deadline patience = deadline.atMost(PATIENCE);
        boolean counted = false;
        while (!closed) {
            var own = reusable.take(caller);
            if (own.isPresent()) {
                return own.get();
            }
            if (reusable.isExpected(caller) && !patience.isOver()) {
                awaitOwn(caller, patience);
                continue;
            }
            if (!counted) {
                counted = true;
                countArrival();
            }
            if (!idle.isEmpty()) {
                replenisher.noteMissing();
                return idle.take();
            }
            if (deadline.isOver()) {
                return null;
            }
            var _ = changed.awaitNanos(deadline.left().toNanos());
        }
        return null;
    }

    private void countArrival() {
        replenisher.target().arrived();
        if (idle.isEmpty()) {
            reconcile.run(); // the target may have grown, and this claim waits for the start
        }
    }

    private void awaitOwn(String caller, Deadline patience) throws InterruptedException {
        reusable.beginsToWait(caller);
        try {
            while (!closed && reusable.isExpectedByAll(caller) && !patience.isOver()) {
                var _ = changed.awaitNanos(patience.left().toNanos());
            }
        } finally {
            reusable.endsToWait(caller);
        }
    }
}
