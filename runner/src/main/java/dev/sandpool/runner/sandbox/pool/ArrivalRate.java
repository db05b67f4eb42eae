package dev.sandpool.runner.sandbox.pool;

import java.time.Duration;

/**
 * The rate of arrivals, as the larger of two decaying averages: one of 10 s that reacts at once, and one of 60 s that
 * decays slowly. Not thread-safe.
 */
final class ArrivalRate {
    private static final double SHORT_SECONDS = 10;
    private static final double LONG_SECONDS = 60;

    private double recent;
    private double lately;
    private long at;

    void arrived(long now) {
        forget(now);
        recent += 1 / SHORT_SECONDS;
        lately += 1 / LONG_SECONDS;
    }

    double perSecond(long now) {
        forget(now);
        return Math.max(recent - 1 / SHORT_SECONDS, lately); // a single arrival is no rate
    }

    private void forget(long now) {
        double seconds = Duration.ofNanos(now - at).toMillis() / 1000.0;
        recent *= Math.exp(-seconds / SHORT_SECONDS);
        lately *= Math.exp(-seconds / LONG_SECONDS);
        at = now;
    }
}
