package dev.sandpool.runner;

/** Wants to know of each run that is over. Called by the request's own thread before the connection goes on; must be quick and must not throw. */
interface RunListener {
    void ended(RunRecord run);
}
