package dev.sandpool.runner.run;

/**
 * Receives each run that is over. The thread of the request calls it before the connection goes on, so it must be fast
 * and must not throw.
 */
public interface RunListener {
    void ended(CompletedRun run);
}
