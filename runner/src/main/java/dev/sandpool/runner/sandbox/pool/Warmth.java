package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.Timer;
import java.time.Duration;
import java.util.Optional;

/**
 * How many warm sandboxes are wanted: what runs {@linkplain WarmNeed need}, grown at once and shrunk slowly, so that it follows the
 * hour and not the minute. It begins with the most. Guarded by the pool's lock.
 */
final class Warmth {
    /** So long fewer must have been enough before the first is given up. */
    static final Duration HOLD = Duration.ofMinutes(5);

    /** And so long again before the next one. */
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

    Warmth(Timer timer) {
        this.timer = timer;
    }

    /** A sandbox is taken, or would be. */
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

    /** Made when the number is, so that it does not change more often. */
    String reason() {
        return reason;
    }

    /** Looks at what is needed now; the time after which to look again, if nothing happens before. */
    Optional<Duration> adjust(int min, int max) {
        long now = timer.nanoTime();
        begin(min, max, now);
        if (min == max || !hasArrivals || start.isEmpty()) {
            return Optional.empty();
        }
        return follow(WarmNeed.of(arrivals.perSecond(now), start.get(), min, max), min, now);
    }

    /** The same where sandboxes come back by themselves, and need is of all of them: it may be more than max, as many as runs at once. */
    Optional<Duration> adjust(int min, int max, WarmNeed need) {
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

    private Optional<Duration> follow(WarmNeed need, int min, long now) {
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
}
