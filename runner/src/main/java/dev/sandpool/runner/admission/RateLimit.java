package dev.sandpool.runner.admission;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * How many runs a minute each caller may begin: a token bucket for each, kept as the one moment at which it is full again. Not safe for
 * threads. Full buckets are forgotten; of the others a few thousand are remembered, those that were asked for last.
 */
final class RateLimit {
    // Who has more names than that has as many full buckets anyway.
    static final int MOST_CALLERS = 4096;

    private final LongSupplier nanoClock;
    private final Map<Caller, Long> fullAt = new LinkedHashMap<>(16, 0.75f, true);
    // 0: no limit.
    private long nanosPerToken;
    private long burstNanos;

    RateLimit(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /** From now on so many, a burst at once. Who has spent tokens has still spent them. */
    void limit(int perMinute, int burst) {
        nanosPerToken = Duration.ofMinutes(1).toNanos() / perMinute;
        burstNanos = nanosPerToken * burst;
    }

    /** From now on as many as come. */
    void unlimited() {
        nanosPerToken = 0;
        fullAt.clear();
    }

    /** How long until the caller may begin another one; nothing or less: at once. */
    Duration wait(Caller caller) {
        if (nanosPerToken == 0) {
            return Duration.ZERO;
        }
        return Duration.ofNanos(nanosToFull(caller) + nanosPerToken - burstNanos);
    }

    /** Spends a token, which there must be. */
    void take(Caller caller) {
        if (nanosPerToken == 0) {
            return;
        }
        fullAt.put(caller, nanoClock.getAsLong() + nanosToFull(caller) + nanosPerToken);
        forgetSome();
    }

    /** What a token was spent for did not happen. */
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

    /** A few at a time, from the one that was asked for the longest ago. */
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
