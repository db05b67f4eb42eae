package dev.sandpool.runner.sandbox;

import java.time.Duration;

/** A moment by which something must be over. It is monotonic: a step of the wall clock does not move it. */
public record Deadline(long nanoTime) {
    /** Returns the deadline that is {@code duration} from now. */
    public static Deadline in(Duration duration) {
        return new Deadline(System.nanoTime() + duration.toNanos());
    }

    /** Returns the time left; never negative. */
    public Duration left() {
        return left(System.nanoTime());
    }

    /** Returns the time that is left at {@code now}, a {@link System#nanoTime} value; never negative. */
    public Duration left(long now) {
        return Duration.ofNanos(Math.max(0, nanoTime - now));
    }

    /** Returns whether the deadline has passed. */
    public boolean isOver() {
        return nanoTime - System.nanoTime() <= 0;
    }

    /** Returns the earlier of this deadline and {@code duration} from now. */
    public Deadline atMost(Duration duration) {
        return earlier(in(duration));
    }

    /** Returns the earlier of the two deadlines. */
    public Deadline earlier(Deadline other) {
        return other.nanoTime - nanoTime < 0 ? other : this;
    }

    /** Returns the deadline that is {@code duration} later. */
    public Deadline after(Duration duration) {
        return new Deadline(nanoTime + duration.toNanos());
    }

    /** Returns the deadline that is {@code duration} earlier. */
    public Deadline before(Duration duration) {
        return new Deadline(nanoTime - duration.toNanos());
    }
}
