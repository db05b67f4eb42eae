package dev.sandpool.runner.sandbox.pool;

import java.time.Duration;
import java.util.Locale;

/**
 * The number of warm sandboxes that a load needs, computed from numbers alone.
 *
 * @param reason the reason for the number, in one short sentence
 */
record WarmNeed(int sandboxes, String reason) {
    // With a need below this, a second sandbox would be idle nearly always: it serves one start in ten.
    private static final double NEGLIGIBLE = 0.1;

    /**
     * Computes the expected claims during one start (λt) plus a reserve of √(λt), the standard deviation of a Poisson
     * process, at least 1.
     *
     * @param perSecond the rate of claims (λ)
     * @param start the time that a sandbox needs to become warm (t)
     */
    static WarmNeed of(double perSecond, Duration start, int min, int max) {
        double taken = perSecond * start.toMillis() / 1000;
        int spare = (int) Math.max(1, Math.round(Math.sqrt(taken)));
        double needed = Math.max(0, Math.ceil(taken - NEGLIGIBLE)) + spare;
        String reason = String.format(
                Locale.ROOT,
                "%s runs/min x %.1f s to start a sandbox, and %d to spare",
                perMinute(perSecond),
                start.toMillis() / 1000.0,
                spare);
        if (needed > max) {
            return new WarmNeed(max, reason + ", but at most warm.max");
        }
        return needed < min
                ? new WarmNeed(min, reason + ", but at least warm.min")
                : new WarmNeed((int) needed, reason);
    }

    /**
     * Computes the number of sandboxes in use plus one, for sandboxes that come back from a run by themselves.
     *
     * @param used the number of runs under way and of waiting claims
     */
    static WarmNeed ofThoseInUse(int used, int min, int max) {
        String reason = used + (used == 1 ? " program" : " programs") + " at once, and 1 to spare";
        if (used + 1 > max) {
            return new WarmNeed(max, reason + ", but at most warm.max or workers");
        }
        return used + 1 < min ? new WarmNeed(min, reason + ", but at least warm.min") : new WarmNeed(used + 1, reason);
    }

    private static String perMinute(double perSecond) {
        double perMinute = perSecond * 60;
        return String.format(Locale.ROOT, perMinute < 10 ? "%.1f" : "%.0f", perMinute);
    }
}
