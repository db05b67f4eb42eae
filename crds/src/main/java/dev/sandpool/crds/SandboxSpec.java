package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the sandboxes' pods are marked and scheduled. A change of it makes a new revision, as a change of the image does.
 *
 * @param labels More labels of each sandbox pod.
 * @param annotations More annotations of each sandbox pod.
 * @param nodeSelector The labels of nodes that sandboxes may be on. Of kubernetes.io/arch it has amd64 unless it or affinity says otherwise.
 * @param tolerations The taints that sandboxes bear.
 * @param priorityClassName The PriorityClass of the sandboxes.
 * @param affinity What sandboxes want to be near to or far from.
 * @param topologySpreadConstraints How the sandboxes are spread. Left out: as the scheduler's own defaults have it.
 * @param resources What a sandbox asks for.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SandboxSpec(
        @Size(max = Keys.MOST)
        @ValidationRule(value = Keys.NOT_OURS, message = Keys.NOT_OURS_MESSAGE)
        @ValidationRule(value = Keys.WELL_FORMED, message = Keys.WELL_FORMED_MESSAGE)
        Map<String, @Size(max = Keys.LONGEST_LABEL_VALUE) @Pattern(Keys.LABEL_VALUE) String> labels,

        @Size(max = Keys.MOST)
        @ValidationRule(value = Keys.NOT_OURS, message = Keys.NOT_OURS_MESSAGE)
        @ValidationRule(value = Keys.NOT_GVISORS, message = Keys.NOT_GVISORS_MESSAGE)
        @ValidationRule(value = Keys.WELL_FORMED, message = Keys.WELL_FORMED_MESSAGE)
        Map<String, @Size(max = 8192) String> annotations,

        @Size(max = Keys.MOST) @ValidationRule(value = Keys.WELL_FORMED, message = Keys.WELL_FORMED_MESSAGE)
        Map<String, @Size(max = Keys.LONGEST_LABEL_VALUE) @Pattern(Keys.LABEL_VALUE) String> nodeSelector,

        @Size(max = 32) List<Toleration> tolerations,

        @Nullable @Size(min = 1, max = 253) @Pattern(PoolNames.OBJECT_NAME)
        String priorityClassName,

        @Nullable Affinity affinity,

        @Size(max = 16)
        // API servers write what they mean into each pod, which then differs from its PodTemplate, and is refused.
        @ValidationRule(
                value = "self.all(each, !has(each.matchLabelKeys))",
                message = "sandboxes have no matchLabelKeys: say in labelSelector what they mean")
        List<TopologySpreadConstraint> topologySpreadConstraints,

        @Nullable Resources resources) {
    public SandboxSpec {
        labels = Map.copyOf(requireNonNullElse(labels, Map.of()));
        annotations = Map.copyOf(requireNonNullElse(annotations, Map.of()));
        nodeSelector = Map.copyOf(requireNonNullElse(nodeSelector, Map.of()));
        tolerations = List.copyOf(requireNonNullElse(tolerations, List.of()));
        topologySpreadConstraints = List.copyOf(requireNonNullElse(topologySpreadConstraints, List.of()));
    }

    static SandboxSpec defaults() {
        return new SandboxSpec(Map.of(), Map.of(), Map.of(), List.of(), null, null, List.of(), null);
    }

    /**
     * What a sandbox asks for. What it may take is said by limits.
     *
     * @param requests By the names cpu, memory and ephemeral-storage: what the scheduler keeps free on a node for a sandbox, and what a
     *     LimitRange judges. At most what a sandbox may take: limits.cpu, and the memory of limits.memory and limits.binary and 184Mi. Left
     *     out: cpu 5m, memory 64Mi, and no ephemeral-storage.
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Resources(
            @Size(max = 3)
            @ValidationRule(
                    value = "self.all(name, name in ['cpu', 'memory', 'ephemeral-storage'])",
                    message = "requests are of cpu, memory and ephemeral-storage")
            @ValidationRule(
                    value =
                            "self.all(name, !isQuantity(string(self[name])) || quantity(string(self[name])).compareTo(quantity('0')) >= 0)",
                    message = "requests must not be below 0")
            Map<String, Quantity> requests) {
        public Resources {
            requests = Map.copyOf(requireNonNullElse(requests, Map.of()));
        }
    }
}
