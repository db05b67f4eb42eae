package dev.sandpool.runner.sandbox.kubernetes;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Learns from earlier pods how long a container needs to answer after its pod was scheduled. The API server passes an
 * attach on as soon as the container runs. A watch reports that some 0.6 s later. Thread-safe.
 */
final class AttachTimes {
    private static final int REMEMBERED = 9;

    // Below the usual time, because pods differ, and because the learned time could never become shorter otherwise.
    private static final double EARLIER = 0.85;

    private final Deque<Duration> last = new ArrayDeque<>();

    /** Notes that a container answered this long after its pod was scheduled. */
    synchronized void answered(Duration after) {
        last.add(after);
        if (last.size() > REMEMBERED) {
            last.remove();
        }
    }

    /**
     * Returns the time after scheduling at which a first try may succeed; empty while nothing is known. It is derived
     * from the median, so that a few pods that waited for an image have no effect.
     */
    synchronized Optional<Duration> firstTry() {
        if (last.isEmpty()) {
            return Optional.empty();
        }
        List<Duration> sorted = last.stream().sorted().toList();
        Duration median = sorted.get((sorted.size() - 1) / 2);
        return Optional.of(Duration.ofNanos((long) (EARLIER * median.toNanos())));
    }
}
