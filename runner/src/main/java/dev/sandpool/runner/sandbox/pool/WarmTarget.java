package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.Timer;
import java.time.Duration;
import java.util.Optional;

/**
 * The target number of warm sandboxes. It grows at once to what the runs {@linkplain WarmNeed need} and shrinks slowly,
 * so that it follows the load of an hour and not of a minute. It begins with the maximum. Guarded by the pool's lock.
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
        return follow(WarmNeed.of(arrivals.perSecond(now), start.get(), min, max), min, now);
    }

    /**
     * Adjusts the target where sandboxes come back by themselves. The need counts all sandboxes, so it may be more than
     * {@code max}, up to the number of workers.
     */
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
