package dev.sandpool.runner.sandbox.pool;

import java.time.Duration;
import java.util.Locale;

/**
 * How many warm sandboxes so many runs need, by the numbers alone.
 *
 * @param reason in one short sentence
 */
record WarmNeed(int sandboxes, String reason) {
    // A second one for a run every ten starts would wait, nearly always, for nobody.
    private static final double NEGLIGIBLE = 0.1;

    /**
     * As many as are taken while one starts, and to spare the root of that: so much do arrivals that know nothing of each other vary.
     *
     * @param perSecond sandboxes that are taken
     * @param start how long one takes to become warm
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
     * As many as are used at once, where each comes back from its run by itself.
     *
     * @param used now, and by whoever waits for one
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
