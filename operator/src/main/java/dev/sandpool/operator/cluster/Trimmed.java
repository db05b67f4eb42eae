package dev.sandpool.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.util.List;

/** Removes the parts of objects that the operator never reads, before they are cached. */
public final class Trimmed {
    private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

    private Trimmed() {}

    /** Keeps, of the managed fields, only those of the operator itself, which are compared with what it applies. */
    public static void owned(HasMetadata object) {
        ObjectMeta meta = object.getMetadata();
        meta.setManagedFields(meta.getManagedFields().stream()
                .filter(entry -> ApiServer.FIELD_MANAGER.equals(entry.getManager()))
                .toList());
    }

    public static void pool(HasMetadata pool) {
        ObjectMeta meta = pool.getMetadata();
        meta.setManagedFields(List.of());
        meta.getAnnotations().remove(LAST_APPLIED);
    }

    /** Keeps the owner, the node and the state of a pod. */
    public static void pod(Pod pod) {
        pod.getMetadata().setManagedFields(List.of());
        pod.getMetadata().getAnnotations().clear();
        pod.setSpec(new PodSpecBuilder()
                .withNodeName(pod.getSpec().getNodeName())
                .withActiveDeadlineSeconds(pod.getSpec().getActiveDeadlineSeconds())
                .build());
        PodStatus status = pod.getStatus();
        if (status != null) {
            pod.setStatus(new PodStatusBuilder()
                    .withPhase(status.getPhase())
                    .withReason(status.getReason())
                    .withMessage(status.getMessage())
                    .withConditions(status.getConditions())
                    .withContainerStatuses(status.getContainerStatuses())
                    .build());
        }
    }
}
