package dev.sandpool.runner.sandbox.session;

import java.time.Duration;

/**
 * The source of a sandbox, for example its pod. It knows more about the sandbox's death than the stream does, and
 * removes the sandbox.
 */
public interface SandboxHost {
    /**
     * The reason why a sandbox died without a report of its own.
     *
     * @param detail for the log
     */
    record Death(Cause cause, String detail) {}

    enum Cause {
        /** The sandbox as a whole used more memory than its limit. */
        OUT_OF_MEMORY,
        OTHER,
        /** No source gave a cause in time. */
        UNKNOWN
    }

    /** Waits for at most {@code atMost} until the cause of death is known. */
    Death causeOfDeath(Duration atMost) throws InterruptedException;

    /** Removes what is left of the sandbox, in the background. Called once, when the sandbox is over. */
    void takeBack();
}
