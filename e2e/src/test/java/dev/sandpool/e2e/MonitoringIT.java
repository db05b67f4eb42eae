package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.e2e.cluster.Cluster;
import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Answer;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * What a Prometheus sees: under load every expression of the dashboard has data and no alert's is true, and each alert's but one is true after a
 * fault of its kind. That one, and how long an alert waits before it fires, {@code manifests/check-alerts} tries on made-up series.
 */
@Isolated("takes the operator away, and has alerts of all pools")
class MonitoringIT {
    private static final String POOL = "seen";
    private static final String BROKEN = "broken";
    private static final String FORGOTTEN = "forgotten";
    private static final String FINALIZER = "sandpool.dev/e2e";
    /** Where pods may be of any kind. */
    private static final String NAMESPACE = "default";

    private static final String OPERATOR = "sandpool-operator";
    /** The Lease keeps two from leading for longer than a scrape, so only made-up series show that alert. */
    private static final String PREVENTED = "SandpoolTwoLeaders";
    /** More than SandpoolLeaksRising allows. */
    private static final int LEAKS = 25;

    private final Cluster cluster = new Cluster();
    private final KubernetesClient client = cluster.client();
    private final byte[] hello = Programs.staticC("hello");

    @AfterEach
    void nothingIsLeft() {
        forgotten().forEach(pod -> {
            client.resource(pod).edit(now -> {
                now.getMetadata().setFinalizers(List.of());
                return now;
            });
            client.resource(pod).withGracePeriod(0).delete();
        });
        scaleOperator(2);
        Cluster.patiently()
                .until(() -> Objects.requireNonNullElse(
                                client.apps()
                                        .deployments()
                                        .inNamespace(Cluster.SYSTEM_NAMESPACE)
                                        .withName(OPERATOR)
                                        .require()
                                        .getStatus()
                                        .getReadyReplicas(),
                                0)
                        == 2);
        cluster.close();
    }

    @Test
    void everyExpressionHasDataWhenItShould(@TempDir Path work) throws IOException {
        Map<String, String> alerts = Prometheus.alerts();
        List<String> panels = Prometheus.dashboard();
        try (TestPool pool = TestPool.made(
                        POOL,
                        "workers: 1, warm: {min: 2, max: 2}, queue: {depth: 1}, " + Load.NO_HURRY + ", "
                                + TestPool.DEFAULT_RUNNER);
                Prometheus prometheus = new Prometheus(client, work)) {
            RunnerService service = pool.service();
            soon().until(() -> prometheus.hasData("max(sandpool_sweep_last_timestamp_seconds) > 0"));
            prometheus.startAnew();
            try (Load _ = new Load(service, 1)) {
                soon().untilAsserted(() -> assertThat(panels).allMatch(prometheus::hasData));
            }
            // A busy machine may miss a scrape: expressions have data then, and alerts wait longer.
            String scraped = "min(up{job=\"sandpool-operator\"}) == 1";
            assertThat(prometheus.hadData(scraped)).isTrue();
            assertThat(alerts.values())
                    .as("without a fault")
                    .noneMatch(alert -> prometheus.hadData("(" + alert + ") and on() (" + scraped + ")"));

            // What takes longest begins first.
            forget(1, List.of(FINALIZER)).forEach(pod -> client.resource(pod).delete());
            forget(LEAKS, List.of());
            try (TestPool _ = TestPool.appliedOf(
                    BROKEN, "localhost/sandpool-no-such-image:dev", "workers: 1, warm: {min: 1, max: 1}")) {
                aSandboxIsLostWithItsRun(pool, service, prometheus, expression(alerts, "SandpoolRunsFail"));
                warmSandboxesAreLost(pool, prometheus, expression(alerts, "SandpoolSandboxesLost"));
                theQueueIsFull(service, prometheus, expression(alerts, "SandpoolQueueFull"));
                soon().untilAsserted(() -> assertThat(List.of(
                                "SandpoolNoWarmSandboxes",
                                "SandpoolSandboxesNotStartable",
                                "SandpoolStartsFail",
                                "SandpoolPoolsNotReady",
                                "SandpoolPoolsDegraded",
                                "SandpoolUnwantedSandboxesStay",
                                "SandpoolLeaksRising"))
                        .allMatch(alert -> prometheus.hadData(expression(alerts, alert))));
            }

            theRunnerIsKilled(pool, service);
            scaleOperator(0);
            soon().until(() -> prometheus.hasData(expression(alerts, "SandpoolNoLeader")));
            scaleOperator(2);
            // Before its first sweep, a leader says so.
            soon().until(() -> prometheus.hadData(expression(alerts, "SandpoolSweepNotRunning")));
            soon().until(() -> prometheus.hasData(expression(alerts, "SandpoolSandboxesStuckTerminating")));

            assertThat(alerts.keySet())
                    .filteredOn(alert -> !alert.equals(PREVENTED))
                    .allMatch(alert -> prometheus.hadData(expression(alerts, alert)));
            assertThat(prometheus.ruleHealth())
                    .containsOnlyKeys(alerts.keySet())
                    .allSatisfy((_, health) -> assertThat(health).isEqualTo("ok"));
            service.runWhenReady(hello);
            soon().untilAsserted(() -> assertThat(panels).allMatch(prometheus::hasData));
        }
    }

    private static String expression(Map<String, String> alerts, String name) {
        return Objects.requireNonNull(alerts.get(name), name);
    }

    private static ConditionFactory soon() {
        return Awaitility.await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(500));
    }

    private void aSandboxIsLostWithItsRun(TestPool pool, RunnerService service, Prometheus prometheus, String alert) {
        byte[] hang = Programs.staticC("hang");
        soon().until(() -> {
            // Starts that the deletion ends count as failed, and the next ones wait.
            TestPool.patiently().until(() -> pool.warm() > 0);
            CompletableFuture<Answer> run = CompletableFuture.supplyAsync(() -> service.runWhenReady(hang));
            TestPool.patiently().until(() -> pool.status().runners().getFirst().running() == 1 || run.isDone());
            pool.sandboxes()
                    .forEach(pod -> client.resource(pod).withGracePeriod(0).delete());
            run.join();
            return prometheus.hasData(alert);
        });
    }

    private void warmSandboxesAreLost(TestPool pool, Prometheus prometheus, String alert) {
        soon().until(() -> {
            TestPool.patiently().until(() -> pool.warm() > 0);
            pool.sandboxes()
                    .forEach(pod -> client.resource(pod).withGracePeriod(0).delete());
            return prometheus.hasData(alert);
        });
    }

    private static void theQueueIsFull(RunnerService service, Prometheus prometheus, String alert) {
        // One runs, one waits, and one is refused.
        try (Load _ = Load.unpaced(service, 3)) {
            soon().until(() -> prometheus.hasData(alert));
        }
    }

    private void theRunnerIsKilled(TestPool pool, RunnerService service) {
        Node.killContainer(pool.runners().getFirst());
        Cluster.patiently()
                .until(() -> pool.runners()
                                .getFirst()
                                .getStatus()
                                .getContainerStatuses()
                                .getFirst()
                                .getRestartCount()
                        == 1);
        Cluster.patiently().until(() -> service.run(hello).stdout().equals("hello\n"));
    }

    private void scaleOperator(int replicas) {
        client.apps()
                .deployments()
                .inNamespace(Cluster.SYSTEM_NAMESPACE)
                .withName(OPERATOR)
                .scale(replicas);
    }

    /** Objects with the labels of sandboxes, that no runner made and no node takes. */
    private List<Pod> forget(int count, List<String> finalizers) {
        return IntStream.range(0, count)
                .mapToObj(_ -> client.resource(new PodBuilder()
                                .withNewMetadata()
                                .withGenerateName(FORGOTTEN + "-")
                                .withNamespace(NAMESPACE)
                                .withFinalizers(finalizers)
                                .withLabels(Map.of(
                                        PoolLabels.MANAGED_BY,
                                        PoolLabels.MANAGED_BY_SANDPOOL,
                                        PoolLabels.POOL,
                                        FORGOTTEN,
                                        PoolLabels.ROLE,
                                        PoolLabels.ROLE_SANDBOX))
                                .endMetadata()
                                .withNewSpec()
                                .withNodeSelector(Map.of("sandpool.dev/e2e", "none"))
                                .addNewContainer()
                                .withName("pause")
                                .withImage("localhost/sandpool-pause:dev")
                                .endContainer()
                                .endSpec()
                                .build())
                        .create())
                .toList();
    }

    private List<Pod> forgotten() {
        return client.pods()
                .inNamespace(NAMESPACE)
                .withLabel(PoolLabels.POOL, FORGOTTEN)
                .list()
                .getItems();
    }
}
