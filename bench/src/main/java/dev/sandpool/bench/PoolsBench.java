package dev.sandpool.bench;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import dev.sandpool.e2e.cluster.ApiWrites;
import dev.sandpool.e2e.cluster.Cluster;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/**
 * Measures twenty pools at once, ten sandboxes each: the time until all are ready, what the operators use, and what each
 * sandbox costs the API server in writes, by its own metrics. {@code make bench-pools}.
 */
public final class PoolsBench {
    private static final int POOLS = Integer.getInteger("sandpool.bench.pools", 20);
    private static final int SANDBOXES = Integer.getInteger("sandpool.bench.sandboxes", 10);
    private static final String NAMESPACE = "sandpool-bench";
    private static final Duration PATIENCE = Duration.ofMinutes(20);
    private static final Duration QUIET = Duration.ofSeconds(60);

    private final Cluster cluster;
    private final KubernetesClient client;
    private final OperatorUsage operators;

    private PoolsBench(Cluster cluster) {
        this.cluster = cluster;
        this.client = cluster.client();
        this.operators = new OperatorUsage(cluster);
    }

    public static void main(String[] arguments) {
        try (Cluster cluster = BusyCluster.connect()) {
            new PoolsBench(cluster).measure();
        }
    }

    private void measure() {
        String image = cluster.pool().getSpec().image();
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(NAMESPACE)
                        .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                        .endMetadata()
                        .build())
                .serverSideApply();
        Map<String, Double> writes = ApiWrites.of(client);
        double operatorCpu = operators.cpuSeconds();
        double machineCpu = Machine.cpuSeconds();
        Stopwatch watch = Stopwatch.start();
        try {
            for (int i = 0; i < POOLS; i++) {
                create("pool-" + i, image);
            }
            await(PoolsBench::isReady);
            double ready = watch.seconds();
            await(status -> Objects.requireNonNullElse(status.warm(), 0) >= SANDBOXES);
            double warm = watch.seconds();
            report(ready, warm, operators.cpuSeconds() - operatorCpu, Machine.cpuSeconds() - machineCpu);
            print(
                    "writes until all were warm, for each of %d sandboxes".formatted(POOLS * SANDBOXES),
                    ApiWrites.since(writes, client),
                    POOLS * SANDBOXES);
            quiet();
        } finally {
            remove();
        }
    }

    private void create(String name, String image) {
        String yaml = """
                apiVersion: sandpool.dev/v1alpha1
                kind: SandboxPool
                metadata: {name: %s, namespace: %s}
                spec:
                  image: %s
                  workers: 1
                  warm: {min: 1, max: %d}
                  limits: {startTimeout: 10m}
                  runner: {resources: {requests: {cpu: 10m, memory: 256Mi}, limits: {memory: 512Mi}}}
                """.formatted(name, NAMESPACE, image, SANDBOXES);
        client.load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
                .serverSideApply();
    }

    private void await(Predicate<SandboxPoolStatus> wanted) {
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> pools().stream()
                                .map(SandboxPool::getStatus)
                                .filter(Objects::nonNull)
                                .filter(wanted)
                                .count()
                        == POOLS);
    }

    private List<SandboxPool> pools() {
        return client.resources(SandboxPool.class).inNamespace(NAMESPACE).list().getItems();
    }

    private static boolean isReady(SandboxPoolStatus status) {
        return status.conditions().stream()
                .anyMatch(condition -> condition.getType().equals("Ready")
                        && condition.getStatus().equals("True"));
    }

    private void report(double ready, double warm, double operatorCpu, double machineCpu) {
        System.out.printf(
                Locale.ROOT, """
                %d pools, %d sandboxes, from the first kubectl apply:
                  all Ready after           %6.1f s
                  all sandboxes warm after  %6.1f s
                  CPU of the whole machine  %6.1f s, of the operators %.1f s
                  memory of the operators   %s
                """, POOLS, POOLS * SANDBOXES, ready, warm, machineCpu, operatorCpu, operatorMemory());
    }

    /** Measures the pools at rest. */
    private void quiet() {
        Map<String, Double> writes = ApiWrites.of(client);
        double operatorCpu = operators.cpuSeconds();
        Stopwatch watch = Stopwatch.start();
        Awaitility.await()
                .atMost(QUIET.multipliedBy(2))
                .pollInterval(Duration.ofSeconds(5))
                .until(() -> watch.seconds() >= QUIET.toSeconds());
        System.out.printf(
                Locale.ROOT,
                "in %.0f quiet s: CPU of the operators %.2f s%n",
                watch.seconds(),
                operators.cpuSeconds() - operatorCpu);
        print("writes in that time, all together", ApiWrites.since(writes, client), 1);
    }

    private static void print(String title, Map<String, Double> writes, int parts) {
        System.out.println(title + ":");
        writes.forEach((what, count) -> System.out.printf(Locale.ROOT, "  %-58s %8.2f%n", what, count / parts));
    }

    private String operatorMemory() {
        return operators.memoryMib().values().stream()
                .map("%.0f MiB"::formatted)
                .reduce((a, b) -> a + " and " + b)
                .orElse("not known");
    }

    /** Deletes the pools one after the other: with all of them at once containerd 2.2.9 has ended in a panic, on two cores. */
    private void remove() {
        Stopwatch watch = Stopwatch.start();
        for (SandboxPool pool : pools()) {
            client.resource(pool).delete();
            Awaitility.await()
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> client.pods()
                            .inNamespace(NAMESPACE)
                            .withLabel(PoolLabels.POOL, pool.getMetadata().getName())
                            .list()
                            .getItems()
                            .isEmpty());
        }
        System.out.printf(Locale.ROOT, "all gone, one pool after the other, in %.1f s%n", watch.seconds());
        client.namespaces().withName(NAMESPACE).delete();
    }
}
