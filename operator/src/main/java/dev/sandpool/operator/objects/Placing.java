package dev.sandpool.operator.objects;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.NodeSelector;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Nodes that can run our images: in a cluster of several architectures pods else land where theirs does not start. */
final class Placing {
    private static final String ARCHITECTURE = "kubernetes.io/arch";
    private static final String OURS = "amd64";

    private Placing() {}

    /** @param affinity that may say something about the architecture, and then all of it: a selector beside it would hold as well */
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
