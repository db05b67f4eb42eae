package dev.sandpool.runner.sandbox.pool;

import org.jspecify.annotations.Nullable;

/** One start of a sandbox, from the decision to its end. Guarded by the pool's lock, except for final fields. */
final class SandboxStart {
    /** The purpose of the start. */
    enum Purpose {
        REPLENISH,
        /** Tests whether the candidate revision starts. Ends only when the sandbox has been warm for a while. */
        CANARY,
        /** The start is not needed any more. */
        DROPPED
    }

    final Revisions.Line line;
    Purpose purpose;

    /** The sandbox of an attempt that has not proved itself yet. */
    @Nullable
    PooledSandbox warm;

    @Nullable
    Thread thread;

    SandboxStart(Revisions.Line line, Purpose purpose) {
        this.line = line;
        this.purpose = purpose;
    }

    /** Drops the start. Returns the sandbox that it has made, if any; the caller has to close it. */
    @Nullable
    PooledSandbox drop() {
        purpose = Purpose.DROPPED;
        if (thread != null) {
            thread.interrupt();
        }
        PooledSandbox made = warm;
        warm = null;
        return made;
    }
}
