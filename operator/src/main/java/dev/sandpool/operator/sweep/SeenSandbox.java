package dev.sandpool.operator.sweep;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.operator.cluster.Pods;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A pod that is labelled as a sandbox.
 *
 * @param owner the runner's pod that created it
 * @param life the instance of that runner; empty if not given
 * @param deleted when its deletion was requested
 * @param ended when it ended, in any way
 * @param started whether it ever ran
 * @param held whether it waits for a node or for its image, as another pod in its place would
 * @param longestLife the time after which the kubelet ends it
 */
record SeenSandbox(
        ResourceID id,
        String uid,
        ResourceID pool,
        Optional<Owner> owner,
        String life,
        Instant created,
        Optional<Instant> deleted,
        Optional<Instant> ended,
        boolean started,
        boolean held,
        Optional<String> node,
        Optional<Duration> longestLife) {

    /** The pod of a runner. */
    record Owner(String name, String uid) {}

    static SeenSandbox of(Pod pod) {
        ObjectMeta meta = pod.getMetadata();
        Map<String, String> labels = meta.getLabels();
        Instant created = Instant.parse(meta.getCreationTimestamp());
        return new SeenSandbox(
                ResourceID.fromResource(pod),
                meta.getUid(),
                new ResourceID(labels.getOrDefault(PoolLabels.POOL, ""), meta.getNamespace()),
                meta.getOwnerReferences().stream()
                        .filter(owner -> owner.getKind().equals("Pod"))
                        .findFirst()
                        .map(SeenSandbox::owner),
                labels.getOrDefault(PoolLabels.RUNNER_LIFE, ""),
                created,
                Optional.ofNullable(meta.getDeletionTimestamp()).map(Instant::parse),
                Pods.hasEnded(pod) ? Optional.of(end(pod).orElse(created)) : Optional.empty(),
                pod.getStatus() != null && !"Pending".equals(pod.getStatus().getPhase()),
                Pods.is(pod, "PodScheduled", "False") || Pods.is(pod, "PodReadyToStartContainers", "True"),
                Optional.ofNullable(pod.getSpec().getNodeName()),
                Optional.ofNullable(pod.getSpec().getActiveDeadlineSeconds()).map(Duration::ofSeconds));
    }

    private static Owner owner(OwnerReference reference) {
        return new Owner(reference.getName(), reference.getUid());
    }

    private static Optional<Instant> end(Pod pod) {
        return pod.getStatus().getContainerStatuses().stream()
                .map(ContainerStatus::getState)
                .filter(Objects::nonNull)
                .map(ContainerState::getTerminated)
                .filter(Objects::nonNull)
                .map(ContainerStateTerminated::getFinishedAt)
                .filter(Objects::nonNull)
                .map(Instant::parse)
                .max(Instant::compareTo);
    }
}
