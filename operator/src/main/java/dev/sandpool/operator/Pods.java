package dev.sandpool.operator;

import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** What a pod's status says. */
final class Pods {
    private static final Set<String> LAST_PHASES = Set.of("Succeeded", "Failed");

    // A container that has just been made waits too, and that is no trouble.
    private static final Set<String> NO_TROUBLE = Set.of("ContainerCreating", "PodInitializing");

    private Pods() {}

    static boolean hasEnded(Pod pod) {
        return pod.getStatus() != null
                && pod.getStatus().getPhase() != null
                && LAST_PHASES.contains(pod.getStatus().getPhase());
    }

    static boolean is(Pod pod, String condition, String status) {
        return pod.getStatus() != null
                && pod.getStatus().getConditions().stream()
                        .anyMatch(each -> each.getType().equals(condition)
                                && each.getStatus().equals(status));
    }

    /** Whether the pod was made by the pool's Deployment: anybody who may write pods may write labels. */
    static boolean isOf(Pod runner, SandboxPool pool) {
        String begin = PoolNames.runners(pool.getMetadata().getName()) + "-";
        return runner.getMetadata().getOwnerReferences().stream()
                .anyMatch(owner ->
                        owner.getKind().equals("ReplicaSet") && owner.getName().startsWith(begin));
    }

    /** Why the pod does not run, in the words of the kubelet or the scheduler; empty while it does, or has not had the time to. */
    static Optional<String> trouble(Pod pod) {
        PodStatus status = pod.getStatus();
        if (status == null) {
            return Optional.empty();
        }
        return waiting(status)
                .or(() -> status.getConditions().stream()
                        .filter(condition -> condition.getType().equals("PodScheduled")
                                && condition.getStatus().equals("False"))
                        .map(condition -> condition.getReason() + ": " + condition.getMessage())
                        .findFirst())
                .map(words -> pod.getMetadata().getName() + ": " + words);
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
