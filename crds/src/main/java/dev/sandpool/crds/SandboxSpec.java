package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the sandboxes' pods are marked and scheduled. A change of it makes a new revision, as a change of the image does.
 *
 * @param labels More labels of each sandbox pod.
 * @param annotations More annotations of each sandbox pod.
 * @param nodeSelector The labels of nodes that sandboxes may be on.
 * @param tolerations The taints that sandboxes bear.
 * @param priorityClassName The PriorityClass of the sandboxes.
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
        String priorityClassName) {
    public SandboxSpec {
        labels = Map.copyOf(requireNonNullElse(labels, Map.of()));
        annotations = Map.copyOf(requireNonNullElse(annotations, Map.of()));
        nodeSelector = Map.copyOf(requireNonNullElse(nodeSelector, Map.of()));
        tolerations = List.copyOf(requireNonNullElse(tolerations, List.of()));
    }

    static SandboxSpec defaults() {
        return new SandboxSpec(Map.of(), Map.of(), Map.of(), List.of(), null);
    }
}
