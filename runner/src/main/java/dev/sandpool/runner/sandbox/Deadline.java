package dev.sandpool.runner.sandbox;

import java.time.Duration;

/** A moment by which something must be over; a step in the wall clock does not move it. */
record Deadline(long nanoTime) {
    static Deadline in(Duration duration) {
        return new Deadline(System.nanoTime() + duration.toNanos());
    }

    /** Never negative. */
    Duration left() {
        return Duration.ofNanos(Math.max(0, nanoTime - System.nanoTime()));
    }

    boolean isOver() {
        return nanoTime - System.nanoTime() <= 0;
    }

    /** The earlier of this and so long from now. */
    Deadline atMost(Duration duration) {
        return earlier(in(duration));
    }

    Deadline earlier(Deadline other) {
        return other.nanoTime - nanoTime < 0 ? other : this;
    }

    /** So much earlier. */
    Deadline before(Duration duration) {
        return new Deadline(nanoTime - duration.toNanos());
    }
}
