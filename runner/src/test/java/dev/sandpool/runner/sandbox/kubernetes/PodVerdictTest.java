package dev.sandpool.runner.sandbox.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PodVerdictTest {
    static final PodStatus UNSCHEDULED = new PodStatusBuilder()
            .withPhase("Pending")
            .addNewCondition()
            .withType("PodScheduled")
            .withStatus("False")
            .withReason("Unschedulable")
            .withMessage("0/1 nodes are available: 1 Insufficient memory.")
            .endCondition()
            .build();

    static PodStatus waiting(String reason, @Nullable String message) {
        return new PodStatusBuilder()
                .withPhase("Pending")
                .addNewContainerStatus()
                .withName("contained")
                .withNewState()
                .withNewWaiting(message, reason)
                .endState()
                .endContainerStatus()
                .build();
    }

    static final PodStatus AWAITS_IMAGE = new PodStatusBuilder(waiting("ContainerCreating", null))
            .addNewCondition()
            .withType("PodReadyToStartContainers")
            .withStatus("True")
            .endCondition()
            .build();

    static PodStatus ended(String reason, int code) {
        return new PodStatusBuilder()
                .withPhase("Failed")
                .addNewContainerStatus()
                .withName("contained")
                .withNewState()
                .withNewTerminated()
                .withReason(reason)
                .withExitCode(code)
                .endTerminated()
                .endState()
                .endContainerStatus()
                .build();
    }

    private static Pod pod(PodStatus status) {
        return new PodBuilder()
                .withNewMetadata()
                .withName("sandbox-1")
                .endMetadata()
                .withStatus(status)
                .build();
    }

    static Stream<Arguments> verdicts() {
        return Stream.of(
                Arguments.of(FakeCluster.RUNNING, new PodVerdict.Running()),
                doomed(
                        waiting("ErrImagePull", "no such image"),
                        Reason.IMAGE_PULL,
                        "ErrImagePull no such image",
                        false),
                doomed(waiting("InvalidImageName", null), Reason.IMAGE_PULL, "InvalidImageName", false),
                doomed(ended("OOMKilled", 128), Reason.ENDED_EARLY, "the container ended with 128 OOMKilled", true),
                doomed(ended("Error", 1), Reason.ENDED_EARLY, "the container ended with 1 Error", false),
                doomed(
                        waiting("CreateContainerError", "cannot load seccomp profile \"x.json\": no such file"),
                        Reason.SECCOMP_PROFILE,
                        "CreateContainerError cannot load seccomp profile \"x.json\": no such file",
                        false),
                pending(
                        waiting("CreateContainerError", "context deadline exceeded"),
                        Reason.DEADLINE,
                        "the container waits: CreateContainerError context deadline exceeded",
                        false),
                doomed(
                        ended("Error: no user namespaces", 1),
                        Reason.USER_NAMESPACES,
                        "the container ended with 1 Error: no user namespaces",
                        false),
                doomed(failed("Evicted", "disk"), Reason.ENDED_EARLY, "the pod is Failed Evicted disk", false),
                doomed(failed("NodeLost", null), Reason.ENDED_EARLY, "the pod is Failed NodeLost", false),
                pending(
                        waiting("ContainerCreating", null),
                        Reason.DEADLINE,
                        "the container waits: ContainerCreating",
                        false),
                pending(AWAITS_IMAGE, Reason.DEADLINE, "the container waits: ContainerCreating", true),
                pending(
                        new PodStatusBuilder().withPhase("Pending").build(),
                        Reason.DEADLINE,
                        "the pod is Pending",
                        false),
                pending(UNSCHEDULED, Reason.UNSCHEDULABLE, "0/1 nodes are available: 1 Insufficient memory.", true));
    }

    private static PodStatus failed(String reason, @Nullable String message) {
        return new PodStatusBuilder()
                .withPhase("Failed")
                .withReason(reason)
                .withMessage(message)
                .build();
    }

    private static Arguments doomed(PodStatus status, Reason reason, String why, boolean outOfMemory) {
        return Arguments.of(status, new PodVerdict.Doomed(reason, why, outOfMemory));
    }

    private static Arguments pending(PodStatus status, Reason ifLate, String why, boolean held) {
        return Arguments.of(status, new PodVerdict.Pending(ifLate, why, held));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("verdicts")
    void aStatusHasOneMeaning(PodStatus status, PodVerdict verdict) {
        assertThat(PodVerdict.of(pod(status))).isEqualTo(verdict);
    }

    @Test
    void ofAPodWithItsOwnUsersThatGetsNoNamespacesTheLikelyCauseIsNamed() {
        var withoutNamespaces = new PodStatusBuilder(waiting("ContainerCreating", null))
                .addNewCondition()
                .withType("PodReadyToStartContainers")
                .withStatus("False")
                .endCondition()
                .build();
        Pod ownUsers = new PodBuilder(pod(withoutNamespaces))
                .withNewSpec()
                .withHostUsers(false)
                .endSpec()
                .build();
        String waits = "the container waits: ContainerCreating";

        assertThat(PodVerdict.of(ownUsers))
                .isEqualTo(new PodVerdict.Pending(
                        Reason.DEADLINE,
                        waits + "; its spec.hostUsers is false, for which the container runtime of its node must"
                                + " support user namespaces",
                        false));
        assertThat(PodVerdict.of(pod(withoutNamespaces)))
                .isEqualTo(new PodVerdict.Pending(Reason.DEADLINE, waits, false));
        ownUsers.setStatus(AWAITS_IMAGE);
        assertThat(PodVerdict.of(ownUsers)).isEqualTo(new PodVerdict.Pending(Reason.DEADLINE, waits, true));
    }

    @Test
    void onePodThatSomebodyDeletesIsDoomedThoughItRuns() {
        Pod pod = pod(FakeCluster.RUNNING);
        pod.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        assertThat(PodVerdict.of(pod))
                .isEqualTo(new PodVerdict.Doomed(Reason.ENDED_EARLY, "the pod is being deleted", false));
    }
}
