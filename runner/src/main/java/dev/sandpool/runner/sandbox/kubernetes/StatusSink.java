package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.crds.RunnerStatus;

/** The destination of a runner's entry. */
interface StatusSink {
    /** The result of one attempt. */
    sealed interface Written {
        /** The entry was written. */
        record Done() implements Written {}

        /** The pool does not exist any more. This runner will be ended soon. */
        record NoPool() implements Written {}

        /** The entry may not have been written. */
        record Failed(String how) implements Written {}
    }

    /** Writes the entry. Blocks for a bounded time. */
    Written write(RunnerStatus entry);

    /**
     * Returns whether a written entry is known to be lost: the status was replaced, or the pool was restored from a
     * backup. Blocks for a bounded time.
     *
     * @return false also when this cannot be determined now
     */
    boolean isLost(RunnerStatus entry);
}
