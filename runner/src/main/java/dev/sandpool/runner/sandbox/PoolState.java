package dev.sandpool.runner.sandbox;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A snapshot of the pool.
 *
 * @param warmOf the number of warm sandboxes by the name of their revision
 * @param kept the number of sandboxes that have served a caller and wait for its next run
 * @param warmWanted the target number of warm sandboxes; 0 before there are settings
 * @param warmReason the reason for that number, in one short sentence
 * @param workers the maximum number of concurrent runs; 0 before there are settings
 * @param withoutSandbox the time since a sandbox was there for runs; zero while one is warm or runs. Those that start after
 *     a failure are not there for runs before one of them has lasted or has had a run
 * @param everWarm whether any sandbox has become warm since this runner started
 * @param revision the revision of new sandboxes; empty before there are settings
 * @param target the revision that the settings ask for, which may not have proved yet that it starts
 * @param lastFailure the failure that delays new starts; empty as soon as a start succeeds
 * @param candidateFailure the reason why the target revision is not in use yet
 */
public record PoolState(
        Map<String, Integer> warmOf,
        int starting,
        int running,
        int kept,
        int warmWanted,
        String warmReason,
        int workers,
        Duration withoutSandbox,
        boolean everWarm,
        Optional<String> revision,
        Optional<String> target,
        Optional<StartFailure> lastFailure,
        Optional<StartFailure> candidateFailure) {
    public PoolState {
        warmOf = Map.copyOf(warmOf);
    }

    /** The reason why sandboxes of a revision do not start, and the time since when that is the reason. */
    public record StartFailure(String revision, SandboxStartException.Reason reason, String message, Instant since) {}

    /** Returns the number of sandboxes that wait for a program, of all revisions. */
    public int warm() {
        return warmOf.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Returns the number of warm sandboxes of the target revision. */
    public int warmOfTarget() {
        return target.map(name -> warmOf.getOrDefault(name, 0)).orElse(0);
    }
}
