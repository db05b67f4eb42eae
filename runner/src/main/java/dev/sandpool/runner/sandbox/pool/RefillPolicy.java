package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.Timer;
import java.time.Duration;

/** When the next start may begin. Guarded by the pool's lock. */
final class RefillPolicy {
    // A start costs 0.6 CPU seconds of a node: with six at once on two cores a run's median went from 53 to 477 ms. A
    // run of a playground takes a tenth of a second, so its replacement waits for its end, but not for a program that
    // sleeps.
    static final Duration LONGEST_YIELD = Duration.ofMillis(250);

    private final Timer timer;
    private long missingSince;

    RefillPolicy(Timer timer) {
        this.timer = timer;
        this.missingSince = timer.nanoTime();
    }

    /** One is missing from now on: none was before, or the start of the one before has just begun. */
    void missesOne() {
        missingSince = timer.nanoTime();
    }

    /** As many as runs: that is what the machines are trusted with. One at a time while none succeeds. */
    static int startsAtOnce(StartBackoff backoff, int workers) {
        return backoff.isFailing() ? 1 : workers;
    }

    /**
     * Zero or less: now.
     *
     * @param yields whether a run that is under way comes first: not when so few are warm that runs would soon wait
     */
    Duration holdBack(StartBackoff backoff, boolean yields) {
        long now = timer.nanoTime();
        Duration failing = backoff.left(now);
        Duration yielding = yields ? LONGEST_YIELD.minusNanos(now - missingSince) : Duration.ZERO;
        return yielding.compareTo(failing) > 0 ? yielding : failing;
    }
}
