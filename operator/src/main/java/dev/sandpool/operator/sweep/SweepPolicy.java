package dev.sandpool.operator.sweep;

import dev.sandpool.crds.Durations;
import dev.sandpool.crds.RunnerStatus;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.operator.sweep.SweepVerdict.Reason;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides which sandboxes are unwanted. Runners delete their own, usually within a second, and the garbage collector
 * deletes those of runners that are gone. The sweep deletes what both have missed.
 *
 * @param pools all existing pools
 * @param runners the runner pods that have not ended, by name
 * @param nodes empty if they could not be listed
 */
record SweepPolicy(
        Map<ResourceID, SandboxPool> pools, Map<ResourceID, RunnerPod> runners, Optional<Set<String>> nodes) {
    // Longer than the delay of a watch plus the time that a runner needs to delete a used sandbox, so that no live
    // sandbox is deleted.
    static final Duration GRACE = Duration.ofSeconds(15);
    // With a grace period of 0 a pod is gone in a second or two. After this time a person should investigate.
    static final Duration STUCK_AFTER = Duration.ofSeconds(90);
    // A runner holds a pod that waits for a node or its image, and deletes it when it is not wanted any more. A
    // forgotten one costs only its entry in the scheduler's queue.
    static final Duration LONGEST_HELD = Duration.ofMinutes(30);
    // Clocks of machines differ, and a runner reports its start by its own clock.
    private static final Duration SKEW = Duration.ofSeconds(5);

    /** The pod of a runner. */
    record RunnerPod(String uid, ResourceID pool) {}

    SweepVerdict verdict(SeenSandbox sandbox, Instant now) {
        if (sandbox.deleted().isPresent()) {
            boolean stuck = sandbox.deleted().get().plus(STUCK_AFTER).isBefore(now);
            return stuck ? new SweepVerdict.Stuck() : new SweepVerdict.Keep();
        }
        if (sandbox.created().plus(GRACE).isAfter(now)) {
            return new SweepVerdict.Keep();
        }
        if (sandbox.ended().isPresent()) {
            return sandbox.ended().get().plus(GRACE).isAfter(now)
                    ? new SweepVerdict.Keep()
                    : unwanted(Reason.FINISHED, "it ended at " + sandbox.ended().get());
        }
        SandboxPool pool = pools.get(sandbox.pool());
        if (pool == null) {
            // A runner that drains after its pool was deleted still has runs to finish, and deletes its sandboxes
            // itself.
            return hasLiveRunner(sandbox)
                    ? new SweepVerdict.Keep()
                    : unwanted(
                            Reason.POOL_GONE,
                            "there is no pool " + sandbox.pool().getName());
        }
        return ofPool(sandbox, pool, now);
    }

    private SweepVerdict ofPool(SeenSandbox sandbox, SandboxPool pool, Instant now) {
        if (sandbox.owner().isEmpty() || sandbox.life().isEmpty()) {
            return unwanted(Reason.NOT_MADE_BY_A_RUNNER, "no runner is named in it as its owner");
        }
        SeenSandbox.Owner owner = sandbox.owner().get();
        RunnerPod runner = runnerOf(sandbox, owner);
        if (runner == null) {
            return unwanted(Reason.RUNNER_GONE, "its runner " + owner.name() + " is gone");
        }
        if (!runner.pool().equals(sandbox.pool())) {
            return unwanted(Reason.NOT_MADE_BY_A_RUNNER, owner.name() + " is no runner of its pool");
        }
        if (isOfEarlierLife(sandbox, pool, owner.name())) {
            return unwanted(Reason.RUNNER_RESTARTED, "its runner " + owner.name() + " has started anew since");
        }
        if (sandbox.node().isPresent()
                && nodes.isPresent()
                && !nodes.get().contains(sandbox.node().get())) {
            return unwanted(
                    Reason.NODE_GONE, "there is no node " + sandbox.node().get());
        }
        if (sandbox.longestLife().isPresent()
                && sandbox.created()
                        .plus(sandbox.longestLife().get())
                        .plus(GRACE)
                        .isBefore(now)) {
            return unwanted(
                    Reason.TOO_OLD,
                    "it is older than " + sandbox.longestLife().get().toSeconds() + " s");
        }
        Duration start = sandbox.held()
                ? LONGEST_HELD
                : Durations.parse(pool.getSpec().limits().startTimeout()).multipliedBy(2);
        if (!sandbox.started() && sandbox.created().plus(start).plus(GRACE).isBefore(now)) {
            return unwanted(Reason.NEVER_WARM, "it did not start in " + start.toSeconds() + " s");
        }
        return new SweepVerdict.Keep();
    }

    private boolean hasLiveRunner(SeenSandbox sandbox) {
        return sandbox.owner()
                .map(owner -> runnerOf(sandbox, owner))
                .filter(runner -> runner.pool().equals(sandbox.pool()))
                .isPresent();
    }

    private @Nullable RunnerPod runnerOf(SeenSandbox sandbox, SeenSandbox.Owner owner) {
        RunnerPod runner = runners.get(
                new ResourceID(owner.name(), sandbox.id().getNamespace().orElse("")));
        return runner != null && runner.uid().equals(owner.uid()) ? runner : null;
    }

    /** An instance that started after the pod was created cannot have created it. */
    private static boolean isOfEarlierLife(SeenSandbox sandbox, SandboxPool pool, String runner) {
        if (pool.getStatus() == null) {
            return false;
        }
        return pool.getStatus().runners().stream()
                .filter(entry -> entry.name().equals(runner))
                .filter(entry -> !entry.life().equals(sandbox.life()))
                .map(RunnerStatus::lifeSince)
                .map(Instant::parse)
                .anyMatch(since -> sandbox.created().plus(SKEW).isBefore(since));
    }

    private static SweepVerdict unwanted(Reason reason, String detail) {
        return new SweepVerdict.Unwanted(reason, detail);
    }
}
