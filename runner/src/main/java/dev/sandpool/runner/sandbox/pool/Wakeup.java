package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.Timer;
import java.time.Duration;

/** Calls back once, at the earliest of the times that it was asked for. Guarded by the pool's lock, which the action takes. */
final class Wakeup {
    private final Timer timer;
    private final Runnable action;
    private long planned;
    private boolean isPlanned;

    Wakeup(Timer timer, Runnable action) {
        this.timer = timer;
        this.action = action;
    }

    void in(Duration wait) {
        long at = timer.nanoTime() + wait.toNanos();
        // One that was planned and is past has called, or is about to.
        if (isPlanned && planned - at <= 0 && planned - timer.nanoTime() > 0) {
            return;
        }
        isPlanned = true;
        planned = at;
        timer.after(wait, action);
    }
}
