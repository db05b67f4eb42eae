package dev.sandpool.operator.cluster;

import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Interprets the status of pods. */
public final class Pods {
    private static final Set<String> LAST_PHASES = Set.of("Succeeded", "Failed");

    // A container that was just created waits too, and that is no problem.
    private static final Set<String> NO_TROUBLE = Set.of("ContainerCreating", "PodInitializing");

    // A runner is ready some ten seconds after its pod is created.
    private static final Duration TIME_TO_BE_READY = Duration.ofSeconds(30);

    private Pods() {}

    /** Returns whether the phase of the pod is final. */
    public static boolean hasEnded(Pod pod) {
        return pod.getStatus() != null
                && pod.getStatus().getPhase() != null
                && LAST_PHASES.contains(pod.getStatus().getPhase());
    }

    public static boolean is(Pod pod, String condition, String status) {
        return pod.getStatus() != null
                && pod.getStatus().getConditions().stream()
                        .anyMatch(each -> each.getType().equals(condition)
                                && each.getStatus().equals(status));
    }

    /**
     * Returns whether the pod's owner is a ReplicaSet of the pool's Deployment. Labels alone are not enough, since
     * everyone who may write pods may write labels.
     */
    public static boolean isOf(Pod runner, SandboxPool pool) {
        String begin = PoolNames.runners(pool.getMetadata().getName()) + "-";
        return runner.getMetadata().getOwnerReferences().stream()
                .anyMatch(owner ->
                        owner.getKind().equals("ReplicaSet") && owner.getName().startsWith(begin));
    }

    /**
     * Returns why the pod does not run or is not ready, as the kubelet or the scheduler report it; empty while there is
     * no problem, or it is too early to tell.
     */
    public static Optional<String> trouble(Pod pod, Instant now) {
        PodStatus status = pod.getStatus();
        if (status == null || pod.getMetadata().getDeletionTimestamp() != null) {
            return Optional.empty();
        }
        return waiting(status)
                .or(() -> status.getConditions().stream()
                        .filter(condition -> condition.getType().equals("PodScheduled")
                                && condition.getStatus().equals("False"))
                        .map(condition -> condition.getReason() + ": " + condition.getMessage())
                        .findFirst())
                .or(() -> unready(status, now))
                .map(words -> pod.getMetadata().getName() + ": " + words);
    }

    /**
     * Returns a message if the pod runs and has not been ready for a while. Its log has the reason; a runner that can
     * reach the API server also reports it in the status.
     */
    private static Optional<String> unready(PodStatus status, Instant now) {
        return status.getConditions().stream()
                .filter(condition -> condition.getType().equals("Ready")
                        && condition.getStatus().equals("False")
                        && condition.getLastTransitionTime() != null
                        && Instant.parse(condition.getLastTransitionTime())
                                .plus(TIME_TO_BE_READY)
                                .isBefore(now))
                .map(condition -> "NotReady: it has not been ready since " + condition.getLastTransitionTime())
                .findFirst();
    }

    private static Optional<String> waiting(PodStatus status) {
        return status.getContainerStatuses().stream()
                .map(ContainerStatus::getState)
                .filter(Objects::nonNull)
                .map(ContainerState::getWaiting)
                .filter(Objects::nonNull)
                .filter(waiting -> waiting.getReason() != null && !NO_TROUBLE.contains(waiting.getReason()))
                .map(waiting -> waiting.getMessage() == null
                        ? waiting.getReason()
                        : waiting.getReason() + ": " + waiting.getMessage())
                .findFirst();
    }
}
