package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.sandpool.e2e.cluster.Cluster;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.StatusCause;
import io.fabric8.kubernetes.api.model.StatusDetails;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What a real API server makes of pools, with the CustomResourceDefinition that is checked in: each file of the folder, sent as kubectl sends it,
 * is accepted or refused as its name says. A refused one is refused for what its lines {@code # expect:} say, and for nothing else.
 */
class SandboxPoolValidationIT {
    private static final Path CASES = Path.of("src", "test", "resources", "sandboxpools");
    private static final Path CRD = Path.of("..", "crds", "sandboxpools.sandpool.dev-v1.yaml");
    private static final String NAMESPACE = "crds-test";
    private static final String EXPECT = "# expect: ";

    private static final KubernetesClient CLIENT = new KubernetesClientBuilder().build();

    @BeforeAll
    static void theDefinitionIsApplied() throws IOException {
        var context = new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                // As kubectl: else the fields would have two managers, and the next "kubectl apply --server-side" a
                // conflict.
                .withFieldManager("kubectl")
                .withForce(true)
                .build();
        CLIENT.resource(read(CRD)).patch(context);
        // Established is said of an earlier definition too; what is served is the new one a moment later. And the
        // namespace
        // of an earlier test may still be on its way out.
        Cluster.patiently().until(() -> {
            CLIENT.resource(namespace()).serverSideApply();
            return post(CASES.resolve("valid-smallest.yaml")) != null;
        });
    }

    private static Namespace namespace() {
        return new NamespaceBuilder()
                .withNewMetadata()
                .withName(NAMESPACE)
                .endMetadata()
                .build();
    }

    @AfterAll
    static void nothingIsLeft() {
        CLIENT.namespaces().withName(NAMESPACE).delete();
        CLIENT.close();
    }

    @TestFactory
    Stream<DynamicTest> everyFile() throws IOException {
        List<Path> files;
        try (Stream<Path> folder = Files.list(CASES)) {
            files = folder.sorted().toList();
        }
        assertThat(files).hasSizeGreaterThanOrEqualTo(60);
        return files.stream().map(file -> dynamicTest(file.getFileName().toString(), () -> judge(file)));
    }

    private static void judge(Path file) throws IOException {
        String name = file.getFileName().toString();
        List<String> expected = Files.readAllLines(file).stream()
                .filter(line -> line.startsWith(EXPECT))
                .map(line -> line.substring(EXPECT.length()))
                .toList();
        assertThat(name).matches("(in)?valid-[-a-z0-9]+\\.yaml");
        if (name.startsWith("valid-")) {
            assertThat(expected).isEmpty();
            post(file);
            return;
        }
        assertThat(expected).as("lines \"%s...\"", EXPECT).isNotEmpty();
        var refusal = catchThrowableOfType(KubernetesClientException.class, () -> post(file));
        assertThat(refusal).as("the API server has accepted it").isNotNull();
        assertThat(withoutValues(refusal.toString()))
                .contains(expected.stream()
                        .map(SandboxPoolValidationIT::withoutValues)
                        .toList());
        assertThat(causes(refusal)).hasSizeLessThanOrEqualTo(expected.size());
    }

    /** An API server of 1.35 writes the value that a rule refused; earlier ones write its type. */
    private static String withoutValues(String message) {
        return message.replaceAll("Invalid value: \"[^\"]*\"(: )?", "Invalid value: ");
    }

    /** Each is one violation; a request that cannot be read at all has none. */
    private static List<StatusCause> causes(KubernetesClientException refusal) {
        StatusDetails details = refusal.getStatus().getDetails();
        return details == null
                ? List.of()
                : details.getCauses().stream()
                        .filter(cause -> !cause.getMessage().contains("some validation rules were not checked"))
                        .toList();
    }

    @Test
    @SuppressWarnings("unchecked")
    void theSmallestPoolComesBackWithEveryDefault() throws IOException {
        GenericKubernetesResource pool = post(CASES.resolve("valid-smallest.yaml"));

        assertThat(Files.readAllLines(CASES.resolve("valid-smallest.yaml"))).hasSize(6);
        assertThat((Map<String, Object>) pool.getAdditionalProperties().get("spec"))
                .isEqualTo(Map.ofEntries(
                        Map.entry("image", "localhost/sandpool-sandbox:dev"),
                        Map.entry("imagePullPolicy", "IfNotPresent"),
                        Map.entry("isolation", "RuntimeClass"),
                        Map.entry("runAsUser", "Fixed"),
                        Map.entry("replicas", 1),
                        Map.entry("workers", 2),
                        Map.entry("warm", Map.of("min", 1, "max", 2)),
                        Map.entry("queue", Map.of("depth", 16)),
                        Map.entry(
                                "limits",
                                Map.of(
                                        "memory", "100Mi",
                                        "cpu", "1",
                                        "pids", 1024,
                                        "binary", "100Mi",
                                        "files", "16Mi",
                                        "output", "100Mi",
                                        "runTimeout", "5s",
                                        "startTimeout", "30s",
                                        "queueTimeout", "10s")),
                        Map.entry("reuse", Map.of("maxRuns", 1, "scope", "Caller", "maxAge", "5m")),
                        Map.entry("callers", Map.of()),
                        Map.entry("authentication", Map.of()),
                        Map.entry("cors", Map.of()),
                        Map.entry("network", "None"),
                        Map.entry(
                                "runner",
                                Map.of(
                                        "imagePullPolicy",
                                        "IfNotPresent",
                                        "logFormat",
                                        "Text",
                                        "service",
                                        Map.of("type", "ClusterIP", "port", 80))),
                        Map.entry("sandbox", Map.of()),
                        Map.entry("paused", false)));
    }

    /** A dry run: the API server does everything but keep it, and no operator sees it. */
    private static GenericKubernetesResource post(Path file) throws IOException {
        return CLIENT.resource(read(file))
                .inNamespace(NAMESPACE)
                .dryRun()
                .fieldValidation(Validation.STRICT)
                .create();
    }

    private static GenericKubernetesResource read(Path file) throws IOException {
        return CLIENT.getKubernetesSerialization().unmarshal(Files.readString(file), GenericKubernetesResource.class);
    }
}
