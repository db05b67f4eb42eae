package dev.sandpool.operator.objects;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.NodeSelector;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Selects nodes that can run the images. Without it, pods in a cluster of several architectures could be placed on
 * nodes where their image does not start.
 */
final class Placing {
    private static final String ARCHITECTURE = "kubernetes.io/arch";
    private static final String OURS = "amd64";

    private Placing() {}

    /** @param affinity may restrict the architecture; then no selector is added, because both would have to match */
    static Map<String, String> nodeSelector(Map<String, String> wanted, @Nullable Affinity affinity) {
        if (requiresAnArchitecture(affinity)) {
            return wanted;
        }
        Map<String, String> labels = new HashMap<>(wanted);
        labels.putIfAbsent(ARCHITECTURE, OURS);
        return labels;
    }

    private static boolean requiresAnArchitecture(@Nullable Affinity affinity) {
        if (affinity == null || affinity.getNodeAffinity() == null) {
            return false;
        }
        NodeSelector required = affinity.getNodeAffinity().getRequiredDuringSchedulingIgnoredDuringExecution();
        return required != null
                && required.getNodeSelectorTerms().stream()
                        .flatMap(term -> term.getMatchExpressions().stream())
                        .anyMatch(each -> each.getKey().equals(ARCHITECTURE));
    }
}
