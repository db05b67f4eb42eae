package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.Timer;
import java.time.Duration;

/**
 * A timer that calls back once, at the earliest of the requested times. Guarded by the pool's lock, which the action
 * takes.
 */
final class Requeue {
    private final Timer timer;
    private final Runnable action;
    private long planned;
    private boolean isPlanned;

    Requeue(Timer timer, Runnable action) {
        this.timer = timer;
        this.action = action;
    }

    void after(Duration wait) {
        long at = timer.nanoTime() + wait.toNanos();
        // A planned call whose time is past has been made, or is about to be.
        if (isPlanned && planned - at <= 0 && planned - timer.nanoTime() > 0) {
            return;
        }
        isPlanned = true;
        planned = at;
        timer.after(wait, action);
    }
}
