package dev.sandpool.operator.sweep;

import java.util.Locale;

/** What the sweep thinks of one sandbox. */
public sealed interface SweepVerdict {
    /** Somebody has a use for it, or it is too early to tell. */
    record Keep() implements SweepVerdict {}

    /** Nobody will ever use it. */
    record Unwanted(Reason reason, String detail) implements SweepVerdict {}

    /** It was deleted, and does not go: its node or its finalizers are for a person to look at. */
    record Stuck() implements SweepVerdict {}

    /** Why nobody wants a sandbox; the closed set of a metric's label values. */
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
