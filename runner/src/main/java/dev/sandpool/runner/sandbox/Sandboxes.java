package dev.sandpool.runner.sandbox;

import java.time.Duration;
import java.util.Set;

/** A kind of sandbox. There are two in production: pods and child processes. */
public interface Sandboxes extends AutoCloseable {
    /**
     * Starts a sandbox of the revision and returns it when it is warm: attached, greeted, and its facts checked. The
     * revision gives the limits of its runs. Blocks for at most {@code atMost}. Thread-safe.
     *
     * @throws SandboxStartException with one reason of a closed set; nothing is left behind
     */
    WarmSandbox start(Revision revision, Duration atMost) throws SandboxStartException, InterruptedException;

    /** Returns one sentence for the start-up log on how well programs are isolated. */
    String isolation();

    /** Deletes what an earlier instance of this runner left behind. Called once, before the first start. */
    void deleteLeftovers();

    /** Declares the names of the only revisions that are wanted from now on. Returns at once. */
    default void want(Set<String> revisions) {}

    /** Returns the number of sandboxes that are over but not gone yet. */
    default int ending() {
        return 0;
    }

    /**
     * Requests the deletion of all sandboxes of this instance. Waits, for a bounded time, until the requests are sent.
     */
    @Override
    void close();

    /** A sandbox as the pool holds it. */
    interface WarmSandbox extends Sandbox {
        /**
         * Sends a PING and returns whether the sandbox answers it in time; blocks for up to 15 s. Returns true at once
         * if the sandbox is busy.
         */
        boolean answers();

        /** Makes the sandbox stay after its next run, so that it can greet again. Call it before each such run. */
        void stayAfterRun();

        /**
         * Waits after such a run until the sandbox has proved that it is clean and its facts have been checked again.
         * Blocks for at most {@code atMost}. Then the sandbox is warm, and {@link #run} may be called again.
         *
         * @throws SandboxStartException if the sandbox cannot be used again; the caller has to close it
         */
        void greetAgain(Duration atMost) throws SandboxStartException, InterruptedException;

        /** Returns the bytes of the last run's program that were not sent, because the sandbox had cached them. */
        default long cacheHitBytes() {
            return 0;
        }

        /**
         * Sets the listener that is called once, from any thread, when the sandbox ends by itself while it is warm.
         * Replaces the listener before it.
         */
        void onLost(Runnable listener);
    }
}
