package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.crds.RunnerStatus;

/** Where a runner's entry goes. */
interface StatusSink {
    /** How one attempt ended. */
    sealed interface Written {
        /** It is there. */
        record Done() implements Written {}

        /** There is no pool any more, which this runner's end is soon to follow. */
        record NoPool() implements Written {}

        /** It may not be there. */
        record Failed(String how) implements Written {}
    }

    /** Blocks for a bounded time. */
    Written write(RunnerStatus entry);

    /**
     * Whether an entry that was written is known to be there no more: somebody replaced the status, or restored the pool from a backup. Blocks
     * for a bounded time.
     *
     * @return false as well when that cannot be found out now
     */
    boolean isLost(RunnerStatus entry);
}
