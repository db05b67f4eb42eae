package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the status of a pod means for its sandbox. */
sealed interface PodVerdict {
    /**
     * The pod is not ready yet.
     *
     * @param ifLate the reason if this stays so until the deadline
     * @param held whether another pod would be no faster, since this one waits for a node or for its image
     */
    record Pending(Reason ifLate, String why, boolean held) implements PodVerdict {}

    /** The container runs. */
    record Running() implements PodVerdict {}

    /** The pod cannot become a sandbox any more, or waiting for it is pointless. */
    record Doomed(Reason reason, String why, boolean outOfMemory) implements PodVerdict {}

    // The kubelet retries these with a growing pause of its own. The pool's pause is shorter, and the reason is known
    // at once.
    Set<String> IMAGE_PULL = Set.of(
            "ErrImagePull",
            "ImagePullBackOff",
            "InvalidImageName",
            "ErrImageNeverPull",
            "ImageInspectError",
            "RegistryUnavailable");

    // Also retried: a file that is missing on the node does not appear by the next try, but another node may have it.
    Set<String> NO_CONTAINER = Set.of("CreateContainerError", "CreateContainerConfigError", "RunContainerError");

    String NO_USER_NAMESPACE =
            "; its spec.hostUsers is false, for which the container runtime of its node must support user namespaces";

    static PodVerdict of(@Nullable Pod pod) {
        if (pod == null || pod.getStatus() == null) {
            return new Pending(Reason.DEADLINE, "the pod was not seen", false);
        }
        PodStatus status = pod.getStatus();
        Optional<ContainerState> container = container(status);
        Optional<ContainerStateTerminated> terminated = container.map(ContainerState::getTerminated);
        if (terminated.isPresent()) {
            return ended(status, terminated.get());
        }
        if ("Failed".equals(status.getPhase()) || "Succeeded".equals(status.getPhase())) {
            return new Doomed(
                    Reason.ENDED_EARLY,
                    "the pod is " + words(status.getPhase(), status.getReason(), status.getMessage()),
                    false);
        }
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            return new Doomed(Reason.ENDED_EARLY, "the pod is being deleted", false);
        }
        if (container.map(ContainerState::getRunning).isPresent()) {
            return new Running();
        }
        return pending(pod, status, container.map(ContainerState::getWaiting));
    }

    private static PodVerdict pending(Pod pod, PodStatus status, Optional<ContainerStateWaiting> waiting) {
        if (waiting.isPresent() && IMAGE_PULL.contains(waiting.get().getReason())) {
            return new Doomed(
                    Reason.IMAGE_PULL,
                    words(waiting.get().getReason(), waiting.get().getMessage()),
                    false);
        }
        Optional<String> profileFailure = waiting.filter(state -> NO_CONTAINER.contains(state.getReason()))
                .map(state -> words(state.getReason(), state.getMessage()))
                .filter(failure -> failure.contains("seccomp"));
        if (profileFailure.isPresent()) {
            return new Doomed(Reason.SECCOMP_PROFILE, profileFailure.get(), false);
        }
        Optional<PodCondition> unscheduled = status.getConditions().stream()
                .filter(condition -> condition.getType().equals("PodScheduled")
                        && condition.getStatus().equals("False"))
                .findFirst();
        // Held and not replaced: a waiting pod is what makes an autoscaler add a node.
        return unscheduled
                .<PodVerdict>map(condition -> new Pending(Reason.UNSCHEDULABLE, words(condition.getMessage()), true))
                .orElseGet(() -> new Pending(
                        Reason.DEADLINE,
                        waiting.map(state -> "the container waits: " + words(state.getReason(), state.getMessage()))
                                        .orElse("the pod is "
                                                + words(status.getPhase(), status.getReason(), status.getMessage()))
                                + (hasOwnUsers(pod) && hasSandbox(status, "False") ? NO_USER_NAMESPACE : ""),
                        hasSandbox(status, "True")));
    }

    /** The kubelet reports a runtime without user namespaces only in an event, which a runner may not read. */
    private static boolean hasOwnUsers(Pod pod) {
        return pod.getSpec() != null && Boolean.FALSE.equals(pod.getSpec().getHostUsers());
    }

    /**
     * Returns whether the kubelet reports this of the pod's namespaces and network. If it has them and no container, it
     * waits for its image. The first pull on a node can take minutes. The kubelet itself ends a pull that makes no
     * progress.
     */
    private static boolean hasSandbox(PodStatus status, String reported) {
        return status.getConditions().stream()
                .anyMatch(condition -> condition.getType().equals("PodReadyToStartContainers")
                        && condition.getStatus().equals(reported));
    }

    private static Doomed ended(PodStatus status, ContainerStateTerminated state) {
        String how = "the container ended with %d %s"
                .formatted(
                        state.getExitCode(),
                        words(state.getReason(), state.getMessage(), status.getReason(), status.getMessage()));
        return new Doomed(Reason.ofAnEnd(how), how, "OOMKilled".equals(state.getReason()));
    }

    private static Optional<ContainerState> container(PodStatus status) {
        return status.getContainerStatuses().stream()
                .filter(each -> each.getName().equals(SandboxPodTemplate.CONTAINER))
                .map(ContainerStatus::getState)
                .filter(Objects::nonNull)
                .findFirst();
    }

    private static String words(@Nullable String... parts) {
        return String.join(" ", Stream.of(parts).filter(Objects::nonNull).toList());
    }
}
