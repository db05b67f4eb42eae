package dev.sandpool.runner.sandbox;

import java.time.Instant;
import java.util.Optional;

/**
 * The pool at one moment.
 *
 * @param everWarm whether any sandbox has become warm in this life of the runner
 * @param lastFailure the failure that starts are held back for; empty as soon as a start succeeds
 */
public record PoolState(int warm, int starting, int running, boolean everWarm, Optional<StartFailure> lastFailure) {
    /** Why sandboxes do not start, and since when for this reason. */
    public record StartFailure(SandboxStartException.Reason reason, String message, Instant since) {}
}
