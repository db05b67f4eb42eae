package dev.sandpool.runner.sandbox;

import dev.sandpool.crds.PoolLabels;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The pod that each sandbox is a copy of. What breaks a sandbox's promises is refused when the runner starts, not at the first run. */
final class SandboxPodTemplate {
    static final String CONTAINER = "contained";

    private final Pod pod;

    private SandboxPodTemplate(Pod pod) {
        this.pod = pod;
    }

    /** Reads a Pod or a core/v1 PodTemplate. */
    static SandboxPodTemplate read(Path file) {
        Object document;
        try {
            document = new KubernetesSerialization().unmarshal(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException("the pod template " + file + " cannot be read", e);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(
                    "the pod template " + file + " is not a Kubernetes object in YAML: " + e.getMessage(), e);
        }
        Pod pod = switch (document) {
            case Pod itself -> itself;
            case PodTemplate template
            when template.getTemplate() != null ->
                new PodBuilder()
                        .withMetadata(template.getTemplate().getMetadata())
                        .withSpec(template.getTemplate().getSpec())
                        .build();
            case null, default ->
                throw new IllegalArgumentException("the pod template " + file + " is neither a Pod nor a PodTemplate");
        };
        List<String> problems = problems(pod.getSpec());
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("the pod template " + file + ": " + String.join("; ", problems));
        }
        return new SandboxPodTemplate(pod);
    }

    private static List<String> problems(@Nullable PodSpec spec) {
        List<String> problems = new ArrayList<>();
        if (spec == null || spec.getContainers().size() != 1) {
            problems.add("spec.containers must have one container, named " + CONTAINER);
            return problems;
        }
        must(problems, "spec.restartPolicy", spec.getRestartPolicy(), "Never");
        must(problems, "spec.automountServiceAccountToken", spec.getAutomountServiceAccountToken(), false);
        if (spec.getRuntimeClassName() == null) {
            problems.add("spec.runtimeClassName must be set, to gVisor's class");
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

    /** A pod of this shape. The runner's labels win over the template's. */
    Pod stamp(String name, Map<String, String> runnerLabels, Optional<OwnerReference> owner) {
        ObjectMeta meta = Objects.requireNonNullElseGet(pod.getMetadata(), ObjectMeta::new);
        Map<String, String> labels = new HashMap<>(Map.of(PoolLabels.POOL, "default"));
        labels.putAll(Objects.requireNonNullElse(meta.getLabels(), Map.of()));
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

    /** After so long the kubelet ends the pod, whatever it does. */
    Optional<Duration> activeDeadline() {
        return Optional.ofNullable(pod.getSpec().getActiveDeadlineSeconds()).map(Duration::ofSeconds);
    }
}
