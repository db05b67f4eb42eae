package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.Deadline;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/** How a claim finds its sandbox: the caller's own of before, else one that nobody has used. Guarded by the pool's lock. */
final class Claims {
    // It takes some 10 ms to be proved clean, more on a node that is busy; and a new one costs more than half a second
    // of a processor.
    static final Duration PATIENCE = Duration.ofMillis(250);

    private final IdleSandboxes idle;
    private final KeptSandboxes kept;
    private final Refill refill;
    private final Runnable settle;
    private final Condition changed;
    private boolean closed;
    private int waiting;

    /** @param changed signalled, to all, whenever there may be one to take */
    Claims(IdleSandboxes idle, KeptSandboxes kept, Refill refill, Runnable settle, Condition changed) {
        this.idle = idle;
        this.kept = kept;
        this.refill = refill;
        this.settle = settle;
        this.changed = changed;
    }

    void close() {
        closed = true;
        changed.signalAll();
    }

    /** How many there are for which there is no sandbox yet. */
    int waiting() {
        return waiting;
    }

    /** Null when none was to be had in time, or the pool was closed. */
    @Nullable
    Warm take(String caller, Duration atMost) throws InterruptedException {
        waiting++;
        try {
            return takeOrWait(caller, atMost);
        } finally {
            waiting--;
        }
    }

    private @Nullable Warm takeOrWait(String caller, Duration atMost) throws InterruptedException {
        Deadline deadline = Deadline.in(atMost);
        Deadline patience = deadline.atMost(PATIENCE);
        boolean asked = false;
        while (!closed) {
            var own = kept.take(caller);
            if (own.isPresent()) {
                return own.get();
            }
            if (kept.isExpected(caller) && !patience.isOver()) {
                awaitOwn(caller, patience);
                continue;
            }
            if (!asked) {
                asked = true;
                ask();
            }
            if (!idle.isEmpty()) {
                refill.noteMissing();
                return idle.take();
            }
            if (deadline.isOver()) {
                return null;
            }
            var _ = changed.awaitNanos(deadline.left().toNanos());
        }
        return null;
    }

    private void ask() {
        refill.warmth().arrived();
        if (idle.isEmpty()) {
            settle.run(); // more may be wanted from now on, and this one waits for it
        }
    }

    private void awaitOwn(String caller, Deadline patience) throws InterruptedException {
        kept.beginsToWait(caller);
        try {
            while (!closed && kept.isExpectedByAll(caller) && !patience.isOver()) {
                var _ = changed.awaitNanos(patience.left().toNanos());
            }
        } finally {
            kept.endsToWait(caller);
        }
    }
}
