package dev.sandpool.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.util.List;

/** Takes out of objects what the operator never looks at, before they are kept. */
public final class Trimmed {
    private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

    private Trimmed() {}

    /** Of who owns which field, only what the operator itself owns: what is applied is compared with that. */
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

    /** What tells whose it is, where it is and how it is. */
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
