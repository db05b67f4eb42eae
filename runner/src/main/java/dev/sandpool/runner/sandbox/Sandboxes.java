package dev.sandpool.runner.sandbox;

import java.time.Duration;

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

    /** How many are over but not yet gone. */
    default int ending() {
        return 0;
    }

    /** Deletes all that is left of this life, and waits (bounded) until it is asked for. */
    @Override
    void close();

    /** A sandbox as the pool keeps it. */
    interface WarmSandbox extends Sandbox {
        /** Whether it still answers a PING; blocks up to a second. */
        boolean answers();

        /** Called once, from any thread, when the sandbox ended by itself while it was warm. Replaces the listener before. */
        void onLost(Runnable listener);
    }
}
