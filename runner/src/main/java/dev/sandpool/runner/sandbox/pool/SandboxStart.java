package dev.sandpool.runner.sandbox.pool;

import org.jspecify.annotations.Nullable;

/** One start, from the decision on. Guarded by the pool's lock, but for what is final. */
final class SandboxStart {
    /** What it is for. */
    enum Purpose {
        REFILL,
        /** Whether the candidate can do it. Over only when the sandbox has been warm for a while. */
        ATTEMPT,
        /** Nothing any more. */
        DROPPED
    }

    final Revisions.Line line;
    Purpose purpose;

    /** Of an attempt that has yet to prove itself. */
    @Nullable
    Warm warm;

    @Nullable
    Thread thread;

    SandboxStart(Revisions.Line line, Purpose purpose) {
        this.line = line;
        this.purpose = purpose;
    }

    /** Nobody wants it any more; what it has made is the caller's to close. */
    @Nullable
    Warm drop() {
        purpose = Purpose.DROPPED;
        if (thread != null) {
            thread.interrupt();
        }
        Warm made = warm;
        warm = null;
        return made;
    }
}
