package dev.sandpool.runner.sandbox.session;

import java.time.Duration;

/** Where a sandbox came from: knows more about its death than its stream does, and takes it back. */
public interface Origin {
    /**
     * Why a sandbox died without saying so.
     *
     * @param detail for the log
     */
    record Death(Cause cause, String detail) {}

    enum Cause {
        /** It took more memory than the sandbox as a whole may have. */
        OUT_OF_MEMORY,
        OTHER,
        /** Nobody said so in time. */
        UNKNOWN
    }

    /** Waits at most so long until somebody knows why the sandbox died. */
    Death causeOfDeath(Duration atMost) throws InterruptedException;

    /** The sandbox is over, whatever is left of it is to be removed in the background. Called once. */
    void takeBack();
}
