package dev.sandpool.runner.sandbox;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * The pool at one moment.
 *
 * @param warmOf the warm ones by the names of their revisions
 * @param kept those that have served a caller and wait for that one's next run
 * @param warmWanted how many warm ones there are to be; 0 before there are settings
 * @param warmReason why so many, in one short sentence
 * @param workers runs at once; 0 before there are settings
 * @param everWarm whether any sandbox has become warm in this life of the runner
 * @param revision the one that refills are of; empty before there are settings
 * @param target the one that settings ask for, which may still have to prove itself
 * @param lastFailure the failure that refills are held back for; empty as soon as a start succeeds
 * @param candidateFailure why the target has not taken over yet
 */
public record PoolState(
        Map<String, Integer> warmOf,
        int starting,
        int running,
        int kept,
        int warmWanted,
        String warmReason,
        int workers,
        boolean everWarm,
        Optional<String> revision,
        Optional<String> target,
        Optional<StartFailure> lastFailure,
        Optional<StartFailure> candidateFailure) {
    public PoolState {
        warmOf = Map.copyOf(warmOf);
    }

    /** Why sandboxes of a revision do not start, and since when for this reason. */
    public record StartFailure(String revision, SandboxStartException.Reason reason, String message, Instant since) {}

    /** All that wait for a program. */
    public int warm() {
        return warmOf.values().stream().mapToInt(Integer::intValue).sum();
    }

    public int warmOfTarget() {
        return target.map(name -> warmOf.getOrDefault(name, 0)).orElse(0);
    }
}
