package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.crds.SandboxPoolSpec.Isolation;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The pod that each sandbox of a revision is a copy of. A template that breaks a guarantee of sandboxes is refused
 * before the first pod is made.
 */
final class SandboxPodTemplate {
    static final String CONTAINER = "contained";

    // A run that began in time ends before the kubelet ends its pod.
    private static final Duration RETIRE_BEFORE = Duration.ofSeconds(30);

    private final Pod pod;

    private SandboxPodTemplate(Pod pod) {
        this.pod = pod;
    }

    /** @throws IllegalArgumentException with all that is wrong with the template */
    static SandboxPodTemplate of(PodTemplate template) {
        return of(template, Isolation.RuntimeClass);
    }

    /**
     * Creates the template for pods with this isolation.
     *
     * @throws IllegalArgumentException with all that is wrong with the template
     */
    static SandboxPodTemplate of(PodTemplate template, Isolation isolation) {
        PodTemplateSpec pod = template.getTemplate();
        List<String> problems = problems(pod == null ? null : pod.getSpec(), isolation);
        if (pod == null || !problems.isEmpty()) {
            throw new IllegalArgumentException(
                    "PodTemplate " + template.getMetadata().getName() + ": " + String.join("; ", problems));
        }
        return new SandboxPodTemplate(new PodBuilder()
                .withMetadata(pod.getMetadata())
                .withSpec(pod.getSpec())
                .build());
    }

    private static List<String> problems(@Nullable PodSpec spec, Isolation isolation) {
        List<String> problems = new ArrayList<>();
        if (spec == null || spec.getContainers().size() != 1) {
            problems.add("spec.containers must have one container, named " + CONTAINER);
            return problems;
        }
        must(problems, "spec.restartPolicy", spec.getRestartPolicy(), "Never");
        must(problems, "spec.automountServiceAccountToken", spec.getAutomountServiceAccountToken(), false);
        boolean isEmbedded = isolation == Isolation.Embedded;
        if ((spec.getRuntimeClassName() == null) != isEmbedded) {
            problems.add(
                    isEmbedded
                            ? "spec.runtimeClassName must not be set where gVisor is embedded"
                            : "spec.runtimeClassName must be set, to gVisor's class");
        }
        Container container = spec.getContainers().getFirst();
        must(problems, "the container's name", container.getName(), CONTAINER);
        must(problems, "the container's stdin", container.getStdin(), true);
        must(problems, "the container's stdinOnce", container.getStdinOnce(), true);
        must(problems, "the container's tty", Objects.requireNonNullElse(container.getTty(), false), false);
        if (container.getImage() == null) {
            problems.add("the container's image must be set");
        }
        return problems;
    }

    private static void must(List<String> problems, String field, @Nullable Object value, Object wanted) {
        if (!wanted.equals(value)) {
            problems.add("%s is %s, must be %s".formatted(field, value == null ? "not set" : value, wanted));
        }
    }

    /** Returns whether the pods have no user namespace of their own. */
    boolean sharesUsersWithItsNode() {
        return !Boolean.FALSE.equals(pod.getSpec().getHostUsers());
    }

    /** Creates a pod of this template. The runner's labels override the template's. */
    Pod stamp(String name, Map<String, String> runnerLabels, Optional<OwnerReference> owner) {
        ObjectMeta meta = Objects.requireNonNullElseGet(pod.getMetadata(), ObjectMeta::new);
        Map<String, String> labels = new HashMap<>(Objects.requireNonNullElse(meta.getLabels(), Map.of()));
        labels.putAll(runnerLabels);
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(labels)
                .withAnnotations(meta.getAnnotations())
                .withOwnerReferences(owner.stream().toList())
                .endMetadata()
                .withSpec(pod.getSpec())
                .build();
    }

    /**
     * Returns the maximum age of a pod at its claim, because the kubelet ends a pod after {@code activeDeadlineSeconds}
     * even during a run; empty: any age.
     */
    Optional<Duration> usefulAge(Duration runTimeout) {
        return Optional.ofNullable(pod.getSpec().getActiveDeadlineSeconds())
                .map(seconds -> Duration.ofSeconds(seconds).minus(RETIRE_BEFORE).minus(runTimeout));
    }

    /** @throws IllegalArgumentException if a sandbox could be too old before it is warm */
    void mustOutlive(Duration startTimeout, Duration runTimeout) {
        usefulAge(runTimeout)
                .filter(longest -> longest.compareTo(startTimeout) <= 0)
                .ifPresent(tooShort -> {
                    throw new IllegalArgumentException("the pod template's activeDeadlineSeconds leaves a sandbox "
                            + tooShort.toSeconds() + " s of use, less than its start may take");
                });
    }
}
