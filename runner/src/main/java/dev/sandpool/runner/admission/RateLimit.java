package dev.sandpool.runner.admission;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The limit on how many runs per minute a caller may begin: a token bucket for each caller, stored as the moment when
 * it is full again. Full buckets are forgotten. Of the others, the 4096 most recently used are kept. Not thread-safe.
 */
final class RateLimit {
    // A client that can use more names than this could use as many full buckets anyway.
    static final int MOST_CALLERS = 4096;

    private final LongSupplier nanoClock;
    private final Map<Caller, Long> fullAt = new LinkedHashMap<>(16, 0.75f, true);
    // 0: no limit.
    private long nanosPerToken;
    private long burstNanos;

    RateLimit(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /** Sets the limit: {@code perMinute} runs per minute, {@code burst} at once. Spent tokens remain spent. */
    void limit(int perMinute, int burst) {
        nanosPerToken = Duration.ofMinutes(1).toNanos() / perMinute;
        burstNanos = nanosPerToken * burst;
    }

    /** Removes the limit. */
    void unlimited() {
        nanosPerToken = 0;
        fullAt.clear();
    }

    /** Returns the time until the caller may begin another run; zero or less: at once. */
    Duration wait(Caller caller) {
        if (nanosPerToken == 0) {
            return Duration.ZERO;
        }
        return Duration.ofNanos(nanosToFull(caller) + nanosPerToken - burstNanos);
    }

    /** Spends a token. The caller must have one. */
    void take(Caller caller) {
        if (nanosPerToken == 0) {
            return;
        }
        fullAt.put(caller, nanoClock.getAsLong() + nanosToFull(caller) + nanosPerToken);
        forgetSome();
    }

    /** Returns a token whose run did not happen. */
    void giveBack(Caller caller) {
        fullAt.computeIfPresent(caller, (_, moment) -> moment - nanosPerToken);
    }

    int remembered() {
        return fullAt.size();
    }

    private long nanosToFull(Caller caller) {
        Long moment = fullAt.get(caller);
        return moment == null ? 0 : Math.max(0, moment - nanoClock.getAsLong());
    }

    /** Forgets at most two buckets per call, the least recently used first. */
    private void forgetSome() {
        long now = nanoClock.getAsLong();
        Iterator<Long> eldest = fullAt.values().iterator();
        for (int i = 0; i < 2 && eldest.hasNext(); i++) {
            if (eldest.next() - now <= 0 || fullAt.size() > MOST_CALLERS) {
                eldest.remove();
            }
        }
    }
}
