package dev.sandpool.operator.plan;

import dev.sandpool.crds.RunnerStatus;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import dev.sandpool.operator.cluster.Refusal;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A pool and what there is of it, at one moment.
 *
 * @param deployment of the runners; empty before it is made
 * @param runnerAccount the uid of the runners' ServiceAccount; empty before it is made
 * @param templates all revisions' PodTemplates that the pool owns
 * @param runnerPods the names of the runners' pods that are there and have not ended
 * @param runnersReady whether any of them is ready, be it one that leaves
 * @param runnerTroubles why some of these do not run, in the kubelet's or the scheduler's words
 * @param swept leaked sandboxes that were deleted since the status last counted them
 * @param stuck names of sandboxes that do not go although they were deleted
 * @param refused objects that could not be written just now; empty before anything was tried
 */
public record ObservedPool(
        SandboxPool pool,
        Optional<Deployment> deployment,
        Optional<String> runnerAccount,
        List<PodTemplate> templates,
        Set<String> runnerPods,
        boolean runnersReady,
        List<String> runnerTroubles,
        long swept,
        List<String> stuck,
        List<Refusal> refused) {
    public SandboxPoolStatus status() {
        return Objects.requireNonNullElseGet(pool.getStatus(), SandboxPoolStatus::unknown);
    }

    /** The runners' own words, without those whose pod is gone. */
    List<RunnerStatus> liveRunners() {
        return status().runners().stream()
                .filter(runner -> runnerPods.contains(runner.name()))
                .toList();
    }

    public List<RunnerStatus> deadRunners() {
        return status().runners().stream()
                .filter(runner -> !runnerPods.contains(runner.name()))
                .toList();
    }

    /**
     * Whether somebody else changed the pool after it was read: its spec, or what a runner says in its status.
     *
     * @param written the pool as the API server returned it for a write of this operator's part of the status
     */
    public boolean isOvertakenBy(SandboxPool written) {
        SandboxPoolStatus now = Objects.requireNonNullElseGet(written.getStatus(), SandboxPoolStatus::unknown);
        return !Objects.equals(
                        written.getMetadata().getGeneration(),
                        pool.getMetadata().getGeneration())
                || !now.runners().equals(status().runners());
    }
}
