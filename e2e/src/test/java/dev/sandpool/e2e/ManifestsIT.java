package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.sandpool.e2e.cluster.Cluster;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is in manifests/, before a real API server: taken, and without a warning. */
class ManifestsIT {
    private static final Path MANIFESTS = Path.of("..", "manifests");
    private static final String SAMPLES_NAMESPACE = "sandpool-samples-test";
    private static final Cluster CLUSTER = new Cluster();

    @BeforeAll
    static void aNamespaceThatWarnsOfEverything() {
        CLUSTER.client()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(SAMPLES_NAMESPACE)
                        .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                        .addToLabels("pod-security.kubernetes.io/warn", "restricted")
                        .endMetadata()
                        .build())
                .serverSideApply();
    }

    @AfterAll
    static void ends() {
        CLUSTER.client().namespaces().withName(SAMPLES_NAMESPACE).delete();
        CLUSTER.close();
    }

    /** The namespaces are there, and restricted: they were deployed. */
    @ParameterizedTest
    @ValueSource(strings = {"dev", "dev/playground", "production"})
    void anInstallationIsAppliedWithoutAWarning(String overlay) {
        String objects = rendered(overlay);
        assertApplies(objects);
    }

    @ParameterizedTest
    @MethodSource("samples")
    void aSampleIsAppliedWithoutAWarning(Path sample) throws IOException {
        String objects = known(Files.readString(sample));
        assumeFalse(objects.isEmpty(), "the cluster knows no kind that is in " + sample);
        assertApplies(objects, "--namespace=" + SAMPLES_NAMESPACE);
    }

    static List<Path> samples() throws IOException {
        try (Stream<Path> files = Files.list(MANIFESTS.resolve("samples"))) {
            return files.sorted().toList();
        }
    }

    @Test
    void monitoringIsAppliedWithoutAWarningAsFarAsTheClusterKnowsItsKinds() {
        String objects = known(rendered("monitoring"));
        assertThat(objects).contains("kind: ConfigMap");
        assertApplies(objects);
    }

    @Test
    void alertsDashboardAndAutoscalersAskForMetricsThatRunnersAndTheOperatorHave() throws IOException {
        Set<String> wanted = new TreeSet<>();
        for (String file : List.of(
                "monitoring/alerts.yaml",
                "monitoring/dashboard.json",
                "samples/autoscaler-load.yaml",
                "samples/keda.yaml")) {
            Pattern.compile("\\bsandpool_[a-z_]+\\b")
                    .matcher(Files.readString(MANIFESTS.resolve(file)))
                    .results()
                    .forEach(found -> wanted.add(found.group()));
        }
        Set<String> told = Stream.concat(CLUSTER.runners().stream(), CLUSTER.operators().stream())
                .map(CLUSTER::metrics)
                .flatMap(String::lines)
                .filter(line -> line.startsWith("sandpool_"))
                .map(line -> line.split("[{ ]", 2)[0])
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(wanted).isNotEmpty();
        assertThat(told).containsAll(wanted);
    }

    @Test
    void twoOperatorsAreReady() {
        List<Pod> operators = CLUSTER.operators();
        assertThat(operators)
                .hasSize(2)
                .allSatisfy(pod -> assertThat(pod.getStatus().getContainerStatuses())
                        .allSatisfy(status -> assertThat(status.getReady()).isTrue()));
    }

    /** Without objects of kinds that somebody else brings, where nobody has. */
    private static String known(String objects) {
        return Arrays.stream(objects.split("(?m)^---$", -1))
                .filter(object -> Pattern.compile("(?m)^apiVersion: (?:([^/\\n]+)/)?[^/\\n]+$")
                        .matcher(object)
                        .results()
                        .map(found -> found.group(1))
                        .allMatch(group -> group == null || CLUSTER.client().getApiGroup(group) != null))
                .collect(Collectors.joining("---"));
    }

    private static String rendered(String folder) {
        var said = Kubectl.call("kustomize", MANIFESTS.resolve(folder).toString());
        assertThat(said.warnings()).isEmpty();
        return said.output();
    }

    /** Under a name of its own: as kubectl's own, it would be told what it migrates of objects that others applied. */
    private static void assertApplies(String objects, String... options) {
        String[] words = Stream.concat(
                        Stream.of(
                                "apply",
                                "--server-side",
                                "--force-conflicts",
                                "--field-manager=sandpool-test",
                                "--dry-run=server",
                                "--filename=-"),
                        Stream.of(options))
                .toArray(String[]::new);
        var said = Kubectl.callWith(objects, words);
        assertThat(said.warnings()).isEmpty();
        assertThat(said.exitCode()).isZero();
    }
}
