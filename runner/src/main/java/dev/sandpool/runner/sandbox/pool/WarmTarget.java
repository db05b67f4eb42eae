package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * The target number of warm sandboxes. It grows at once to what the runs {@linkplain Need need} and shrinks slowly,
 * so that it follows the load of an hour and not of a minute. It begins with the maximum. Not thread-safe.
 */
final class WarmTarget {
    /** How long fewer sandboxes must have been enough before the target shrinks by the first one. */
    static final Duration HOLD = Duration.ofMinutes(5);

    /** The time between further steps down. */
    static final Duration STEP = Duration.ofSeconds(30);

    private static final String FIXED = "warm.min and warm.max are the same";
    private static final String AT_FIRST = "warm.max, until runs have been seen for 5 minutes";

    private static final double WEIGHT_OF_THE_NEWEST = 0.2;

    private final Timer timer;
    private final ArrivalRate arrivals = new ArrivalRate();
    private Optional<Duration> start = Optional.empty();
    private boolean hasArrivals;
    private int lowest;
    private int highest;
    private int wanted;
    private String reason = "";
    private long enoughSince;

    WarmTarget(Timer timer) {
        this.timer = timer;
    }

    /** Notes a claim that takes an idle sandbox, or would take one. */
    void arrived() {
        if (!hasArrivals) {
            hasArrivals = true;
            enoughSince = timer.nanoTime();
        }
        arrivals.arrived(timer.nanoTime());
    }

    void started(Duration took) {
        start = Optional.of(start.map(before -> before.plus(
                        Duration.ofMillis(Math.round(took.minus(before).toMillis() * WEIGHT_OF_THE_NEWEST))))
                .orElse(took));
    }

    int wanted() {
        return wanted;
    }

    /** Returns the reason for the number. It changes only with the number. */
    String reason() {
        return reason;
    }

    /** Adjusts the target to the current need. Returns the time after which to look again if nothing happens before. */
    Optional<Duration> adjust(int min, int max) {
        long now = timer.nanoTime();
        begin(min, max, now);
        if (min == max || !hasArrivals || start.isEmpty()) {
            return Optional.empty();
        }
        return follow(Need.of(arrivals.perSecond(now), start.get(), min, max), min, now);
    }

    /**
     * Adjusts the target where sandboxes come back by themselves. The need counts all sandboxes, so it may be more than
     * {@code max}, up to the number of workers.
     */
    Optional<Duration> adjust(int min, int max, Need need) {
        long now = timer.nanoTime();
        begin(min, max, now);
        return hasArrivals ? follow(need, min, now) : Optional.empty();
    }

    private void begin(int min, int max, long now) {
        if (min != lowest || max != highest) {
            lowest = min;
            highest = max;
            enoughSince = now;
            set(max, min == max ? FIXED : AT_FIRST);
        }
    }

    private Optional<Duration> follow(Need need, int min, long now) {
        if (need.sandboxes() > wanted) {
            set(need.sandboxes(), need.reason());
        }
        if (need.sandboxes() == wanted) {
            enoughSince = now;
        } else if (now - enoughSince >= HOLD.toNanos()) {
            enoughSince = now - HOLD.minus(STEP).toNanos();
            int fewer = wanted - 1;
            set(
                    fewer,
                    fewer == need.sandboxes()
                            ? need.reason()
                            : "on the way to " + need.sandboxes() + ": " + need.reason());
        }
        return wanted == min ? Optional.empty() : Optional.of(HOLD.minusNanos(now - enoughSince));
    }

    private void set(int sandboxes, String why) {
        wanted = sandboxes;
        reason = why;
    }

    /**
     * The number of warm sandboxes that a load needs, computed from numbers alone.
     *
     * @param reason the reason for the number, in one short sentence
     */
    record Need(int sandboxes, String reason) {
        // With a need below this, a second sandbox would be idle nearly always: it serves one start in ten.
        private static final double NEGLIGIBLE = 0.1;

        /**
         * Computes the expected claims during one start (λt) plus a reserve of √(λt), the standard deviation of a Poisson
         * process, at least 1.
         *
         * @param perSecond the rate of claims (λ)
         * @param start the time that a sandbox needs to become warm (t)
         */
        static Need of(double perSecond, Duration start, int min, int max) {
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
                return new Need(max, reason + ", but at most warm.max");
            }
            return needed < min ? new Need(min, reason + ", but at least warm.min") : new Need((int) needed, reason);
        }

        /**
         * Computes the number of sandboxes in use plus one, for sandboxes that come back from a run by themselves.
         *
         * @param used the number of runs under way and of waiting claims
         */
        static Need ofThoseInUse(int used, int min, int max) {
            String reason = used + (used == 1 ? " program" : " programs") + " at once, and 1 to spare";
            if (used + 1 > max) {
                return new Need(max, reason + ", but at most warm.max or workers");
            }
            return used + 1 < min ? new Need(min, reason + ", but at least warm.min") : new Need(used + 1, reason);
        }

        private static String perMinute(double perSecond) {
            double perMinute = perSecond * 60;
            return String.format(Locale.ROOT, perMinute < 10 ? "%.1f" : "%.0f", perMinute);
        }
    }

    /**
     * The rate of arrivals, as the larger of two decaying averages: one of 10 s that reacts at once, and one of 60 s that
     * decays slowly. Not thread-safe.
     */
    private static final class ArrivalRate {
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
}
