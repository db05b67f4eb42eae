package dev.sandpool.operator.sweep;

import java.util.Locale;

/** The verdict of the sweep on one sandbox. */
public sealed interface SweepVerdict {
    /** The sandbox is in use, or it is too early to decide. */
    record Keep() implements SweepVerdict {}

    /** The sandbox will never be used. */
    record Unwanted(Reason reason, String detail) implements SweepVerdict {}

    /** The sandbox was deleted but still exists. A person has to inspect its node or its finalizers. */
    record Stuck() implements SweepVerdict {}

    /** The reason why a sandbox is unwanted: the closed set of a metric's label values. */
    enum Reason {
        FINISHED,
        POOL_GONE,
        NOT_MADE_BY_A_RUNNER,
        RUNNER_GONE,
        RUNNER_RESTARTED,
        NODE_GONE,
        TOO_OLD,
        NEVER_WARM;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
