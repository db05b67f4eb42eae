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
 * Labels and scheduling of the sandbox pods.
 *
 * @param labels More labels of the sandbox pods.
 * @param annotations More annotations of the sandbox pods.
 * @param nodeSelector The labels of nodes for sandboxes. kubernetes.io/arch is amd64 unless this or affinity sets it.
 * @param tolerations The taints that sandboxes tolerate.
 * @param priorityClassName The PriorityClass of the sandboxes.
 * @param affinity The affinity of the sandboxes.
 * @param topologySpreadConstraints How the sandboxes are spread. If not set, as the scheduler does by default.
 * @param resources The resource requests of a sandbox. Its limits follow from spec.limits.
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
     * The resource requests of a sandbox.
     *
     * @param requests Requests of cpu, memory and ephemeral-storage. They may be at most the limits of a sandbox: limits.cpu, and for
     *     memory limits.memory plus limits.binary plus 184Mi, or 248Mi with isolation Embedded. If not set: cpu 5m, memory 64Mi, no
     *     ephemeral-storage.
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
