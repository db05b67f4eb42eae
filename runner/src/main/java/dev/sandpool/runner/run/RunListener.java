package dev.sandpool.runner.run;

/** Wants to know of each run that is over. Called by the request's own thread before the connection goes on; must be quick and must not throw. */
public interface RunListener {
    void ended(CompletedRun run);
}
