package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.Timer;
import java.time.Duration;

/** Decides when the next start may begin. Guarded by the pool's lock. */
final class ReplenishPolicy {
    // A start costs a node 0.6 CPU seconds. With six starts at once on two cores, the median of a run grew from 53 to
    // 477 ms. A run of a playground takes a tenth of a second, so its replacement waits until it ends. It does not wait
    // longer for a program that sleeps.
    static final Duration LONGEST_YIELD = Duration.ofMillis(250);

    private final Timer timer;
    private long missingSince;

    ReplenishPolicy(Timer timer) {
        this.timer = timer;
        this.missingSince = timer.nanoTime();
    }

    /**
     * Notes that a sandbox is missing from now on: none was missing before, or the start of the one before has just
     * begun.
     */
    void missesOne() {
        missingSince = timer.nanoTime();
    }

    /** Returns the maximum number of concurrent starts: the number of workers, or one while starts fail. */
    static int startsAtOnce(StartBackoff backoff, int workers) {
        return backoff.isFailing() ? 1 : workers;
    }

    /**
     * Returns the time to wait before the next start; zero or less: start now.
     *
     * @param yields whether runs have priority; false when so few sandboxes are warm that runs would soon wait
     */
    Duration holdBack(StartBackoff backoff, boolean yields) {
        long now = timer.nanoTime();
        Duration failing = backoff.left(now);
        Duration yielding = yields ? LONGEST_YIELD.minusNanos(now - missingSince) : Duration.ZERO;
        return yielding.compareTo(failing) > 0 ? yielding : failing;
    }
}
