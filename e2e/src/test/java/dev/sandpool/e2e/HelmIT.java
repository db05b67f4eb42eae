package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.e2e.cluster.Cluster;
import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Programs;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.dsl.RollableScalableResource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * The chart's life, in the place of the installation that {@code make deploy} made: names on the cluster are fixed, because a cluster has one
 * installation, so there is no room beside it. Afterwards everything is as {@code make deploy} left it.
 */
@Isolated("takes the operator away")
class HelmIT {
    private static final Path CHART = Path.of("..", "charts", "sandpool");
    private static final Path DEPLOYED = Path.of("..", "target", "deploy", "operator.yaml");
    private static final String CRD = "sandboxpools.sandpool.dev";
    private static final String CRD_FILE = "files/" + CRD + "-v1.yaml";
    private static final String RELEASE = "sandpool";
    private static final Cluster CLUSTER = new Cluster();
    private static List<String> images;
    private static TestPool serving;

    @BeforeAll
    static void aPool() {
        serving = TestPool.made("served", "workers: 2, warm: {min: 1, max: 2}, " + Load.NO_HURRY);
    }

    @BeforeAll
    static void theImagesThatAreDeployed() {
        Deployment deployed = operator().require();
        var container =
                deployed.getSpec().getTemplate().getSpec().getContainers().getFirst();
        String runner = container.getEnv().stream()
                .filter(variable -> variable.getName().equals("SANDPOOL_OPERATOR_RUNNER_IMAGE"))
                .findFirst()
                .orElseThrow()
                .getValue();
        images = List.of("--set-string=image.operator=" + container.getImage(), "--set-string=image.runner=" + runner);
    }

    @AfterAll
    static void asMakeDeployLeftIt() {
        Helm.call("uninstall", RELEASE, "--namespace=" + Cluster.SYSTEM_NAMESPACE, "--ignore-not-found", "--wait");
        var applied = Kubectl.call("apply", "--server-side", "--force-conflicts", "--filename=" + DEPLOYED);
        assertThat(applied.exitCode()).as(applied.warnings()).isZero();
        var annotated = Kubectl.call(
                "annotate",
                "crd",
                CRD,
                "helm.sh/resource-policy-",
                "meta.helm.sh/release-name-",
                "meta.helm.sh/release-namespace-");
        assertThat(annotated.exitCode()).as(annotated.warnings()).isZero();
        var labelled = Kubectl.call("label", "crd", CRD, "app.kubernetes.io/managed-by-");
        assertThat(labelled.exitCode()).as(labelled.warnings()).isZero();
        awaitOperators(2);
        serving.close();
        CLUSTER.close();
    }

    @Test
    void anInstallationIsTakenOverUpgradedRolledBackAndUninstalledWhilePoolsServe(@TempDir Path folder)
            throws IOException {
        String pool = CLUSTER.pool().getMetadata().getUid();
        Path older = olderChart(folder.resolve("older"));
        try (Load load = new Load(serving.service(), 1)) {
            // The fields belong to kubectl, which applied them.
            helm("install", older, "--take-ownership", "--force-conflicts");
            awaitOperators(2);
            assertThat(columns()).contains("OLDER").doesNotContain("WARM");

            helm("upgrade", CHART, "--set=operator.replicas=1", "--force-conflicts");
            awaitOperators(1);
            assertThat(columns()).contains("WARM").doesNotContain("OLDER");

            Helm.call("rollback", RELEASE, "1", "--namespace=" + Cluster.SYSTEM_NAMESPACE, "--wait", "--timeout=3m");
            awaitOperators(2);
            assertThat(columns()).contains("OLDER").doesNotContain("WARM");

            helm("upgrade", CHART);
            assertThat(columns()).contains("WARM").doesNotContain("OLDER");

            Helm.call("uninstall", RELEASE, "--namespace=" + Cluster.SYSTEM_NAMESPACE, "--wait");
            TestPool.patiently().until(() -> CLUSTER.operators().isEmpty());
            assertThat(operator().get()).isNull();
            assertThat(CLUSTER.pool().getMetadata().getUid())
                    .as("the resource is kept, and so is every pool")
                    .isEqualTo(pool);
            int good = load.good();
            TestPool.patiently().until(() -> load.good() > good + 10);

            // On the resource that was kept, without taking anything over.
            helm("install", CHART);
            awaitOperators(2);
            try (TestPool fresh = TestPool.made("helm", "workers: 1, warm: {min: 1, max: 1}")) {
                assertThat(fresh.service().run(Programs.staticC("hello")).stdout())
                        .isEqualTo("hello\n");
            }
            assertThat(load.bad()).isEmpty();
        }
    }

    private static void helm(String verb, Path chart, String... more) {
        List<String> words = new ArrayList<>(List.of(verb, RELEASE, chart.toString()));
        words.addAll(List.of("--namespace=" + Cluster.SYSTEM_NAMESPACE, "--wait", "--timeout=3m"));
        words.addAll(images);
        words.addAll(List.of(more));
        Helm.call(words.toArray(String[]::new));
    }

    /** The chart of a version before this one, whose resource has a column of another name. */
    private static Path olderChart(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(CHART)) {
            for (Path file : files.sorted().toList()) {
                Files.copy(file, folder.resolve(CHART.relativize(file).toString()));
            }
        }
        replace(folder.resolve("Chart.yaml"), "version: 0.1.0\nappVersion", "version: 0.0.9\nappVersion");
        replace(folder.resolve(CRD_FILE), "name: WARM\n", "name: OLDER\n");
        return folder;
    }

    private static void replace(Path file, String old, String fresh) throws IOException {
        String text = Files.readString(file);
        assertThat(text).contains(old);
        Files.writeString(file, text.replace(old, fresh));
    }

    private static List<String> columns() {
        CustomResourceDefinition crd = CLUSTER.client()
                .apiextensions()
                .v1()
                .customResourceDefinitions()
                .withName(CRD)
                .require();
        return crd.getSpec().getVersions().getFirst().getAdditionalPrinterColumns().stream()
                .map(CustomResourceColumnDefinition::getName)
                .toList();
    }

    private static void awaitOperators(int count) {
        TestPool.patiently().until(() -> {
            var status = operator().require().getStatus();
            return CLUSTER.operators().size() == count
                    && status.getReadyReplicas() != null
                    && status.getReadyReplicas() == count;
        });
    }

    private static RollableScalableResource<Deployment> operator() {
        return CLUSTER.client()
                .apps()
                .deployments()
                .inNamespace(Cluster.SYSTEM_NAMESPACE)
                .withName("sandpool-operator");
    }
}
