package dev.sandpool.operator;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Set;

/** What a pod's status says. */
final class Pods {
    private static final Set<String> LAST_PHASES = Set.of("Succeeded", "Failed");

    private Pods() {}

    static boolean hasEnded(Pod pod) {
        return pod.getStatus() != null && LAST_PHASES.contains(pod.getStatus().getPhase());
    }
}
