package dev.sandpool.runner.sandbox.kubernetes;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * How long after a pod got its node its container answers, learned from the pods before it. The API server passes an attach on as soon as
 * the container runs; a watch tells of that some 0.6 s later. Safe for threads.
 */
final class AttachTimes {
    private static final int REMEMBERED = 9;

    // Before the usual time, because pods differ and the usual time would never become shorter otherwise.
    private static final double EARLIER = 0.85;

    private final Deque<Duration> last = new ArrayDeque<>();

    /** A container has answered so long after its pod got its node. */
    synchronized void answered(Duration after) {
        last.add(after);
        if (last.size() > REMEMBERED) {
            last.remove();
        }
    }

    /**
     * How long after a pod got its node a first try may succeed; empty as long as nothing is known. The median, so that a few pods which
     * waited for an image do not count.
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
