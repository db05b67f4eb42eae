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
 * A snapshot of a pool and its objects.
 *
 * @param deployment the Deployment of the runners; empty before it is created
 * @param runnerAccount the uid of the runners' ServiceAccount; empty before it is created
 * @param templates the PodTemplates of all revisions that the pool owns
 * @param runnerPods the names of the runners' pods that exist and have not ended
 * @param runnersReady whether any of them is ready, including one that shuts down
 * @param runnerTroubles why some of them do not run, as the kubelet or the scheduler report it
 * @param swept the number of leaked sandboxes that were deleted since the status last counted them
 * @param stuck the names of sandboxes that still exist although they were deleted
 * @param refused the objects that could not be written just now; empty before any write was tried
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

    /** Returns the entries of runners in the status, without those whose pod is gone. */
    List<RunnerStatus> liveRunners() {
        return status().runners().stream()
                .filter(runner -> runnerPods.contains(runner.name()))
                .toList();
    }

    /** Returns the entries of runners whose pod is gone. */
    public List<RunnerStatus> deadRunners() {
        return status().runners().stream()
                .filter(runner -> !runnerPods.contains(runner.name()))
                .toList();
    }

    /**
     * Returns whether the pool was changed by another client after it was read: its spec, or a runner's entry in its
     * status.
     *
     * @param written the pool as the API server returned it for a write of the operator's part of the status
     */
    public boolean isOvertakenBy(SandboxPool written) {
        SandboxPoolStatus now = Objects.requireNonNullElseGet(written.getStatus(), SandboxPoolStatus::unknown);
        return !Objects.equals(
                        written.getMetadata().getGeneration(),
                        pool.getMetadata().getGeneration())
                || !now.runners().equals(status().runners());
    }
}
