package dev.sandpool.runner.sandbox;

import java.time.Duration;
import java.util.Set;

/** A kind of sandbox. Two in production (pods, child processes), one in tests. */
public interface Sandboxes extends AutoCloseable {
    /**
     * Starts one of that revision and returns it when it is warm: attached, greeted, and its facts checked. A run in it has the
     * revision's limits. Blocks for at most so long. Safe for several threads at once.
     *
     * @throws SandboxStartException with the reason from a closed set; nothing is left behind
     */
    WarmSandbox start(Revision revision, Duration atMost) throws SandboxStartException, InterruptedException;

    /** One sentence on how isolated a program is, for the start-up log. */
    String isolation();

    /** Deletes what an earlier life of this runner left; called once before the first start. */
    void deleteLeftovers();

    /** From now on sandboxes of these revisions are wanted, by their names, and no others. Returns at once. */
    default void want(Set<String> revisions) {}

    /** How many are over but not yet gone. */
    default int ending() {
        return 0;
    }

    /** Deletes all that is left of this life, and waits (bounded) until it is asked for. */
    @Override
    void close();

    /** A sandbox as the pool keeps it. */
    interface WarmSandbox extends Sandbox {
        /** Whether it still answers a PING; blocks up to a second. One that is busy is not asked. */
        boolean answers();

        /** The next run is to leave the sandbox so that it can greet again. Said before each run of which that holds. */
        void stayAfterRun();

        /**
         * After such a run has ended: waits, for at most so long, until the sandbox has proved itself clean and its facts are
         * checked anew. From then on it is warm, and {@link #run} may be called again.
         *
         * @throws SandboxStartException when it is of no use any more; it is to be closed
         */
        void greetAgain(Duration atMost) throws SandboxStartException, InterruptedException;

        /** Of the run that is over: the bytes of its program that were not sent, since the sandbox had kept them. */
        default long bytesSpared() {
            return 0;
        }

        /** Called once, from any thread, when the sandbox ended by itself while it was warm. Replaces the listener before. */
        void onLost(Runnable listener);
    }
}
