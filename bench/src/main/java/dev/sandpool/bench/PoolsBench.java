package dev.sandpool.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import dev.sandpool.e2e.cluster.ApiWrites;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * Twenty pools at once, ten sandboxes each: how long until all are ready, what the operator takes for it, and what each sandbox costs the
 * API server in writes, by its own metrics. {@code make bench-pools}.
 */
public final class PoolsBench {
    private static final int POOLS = Integer.getInteger("sandpool.bench.pools", 20);
    private static final int SANDBOXES = Integer.getInteger("sandpool.bench.sandboxes", 10);
    private static final String NAMESPACE = "sandpool-bench";
    private static final Duration PATIENCE = Duration.ofMinutes(20);
    private static final Duration QUIET = Duration.ofSeconds(60);

    // The API server is busy with what is measured.
    private final KubernetesClient client = new KubernetesClientBuilder()
            .withConfig(new ConfigBuilder(Config.autoConfigure(null))
                    .withRequestTimeout(120_000)
                    .build())
            .build();

    private PoolsBench() {}

    public static void main(String[] arguments) {
        new PoolsBench().measure();
    }

    private void measure() {
        String image = client.resources(SandboxPool.class)
                .inNamespace("sandpool")
                .withName("playground")
                .require()
                .getSpec()
                .image();
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(NAMESPACE)
                        .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                        .endMetadata()
                        .build())
                .serverSideApply();
        Map<String, Double> writes = ApiWrites.of(client);
        double operatorCpu = operatorCpuSeconds();
        double machineCpu = Machine.cpuSeconds();
        long begin = System.nanoTime();
        try {
            for (int i = 0; i < POOLS; i++) {
                create("pool-" + i, image);
            }
            await(PoolsBench::isReady);
            double ready = seconds(begin);
            await(status -> Objects.requireNonNullElse(status.warm(), 0) >= SANDBOXES);
            double warm = seconds(begin);
            report(ready, warm, operatorCpuSeconds() - operatorCpu, Machine.cpuSeconds() - machineCpu);
            print(
                    "writes until all were warm, for each of %d sandboxes".formatted(POOLS * SANDBOXES),
                    writes,
                    ApiWrites.of(client));
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

    /** Nobody uses them and nobody changes them. */
    private void quiet() {
        Map<String, Double> writes = ApiWrites.of(client);
        double operatorCpu = operatorCpuSeconds();
        long begin = System.nanoTime();
        Awaitility.await()
                .atMost(QUIET.multipliedBy(2))
                .pollInterval(Duration.ofSeconds(5))
                .until(() -> seconds(begin) >= QUIET.toSeconds());
        System.out.printf(
                Locale.ROOT,
                "in %.0f quiet s: CPU of the operators %.2f s%n",
                seconds(begin),
                operatorCpuSeconds() - operatorCpu);
        print("writes in that time, all together", writes, ApiWrites.of(client));
    }

    private static void print(String title, Map<String, Double> before, Map<String, Double> after) {
        double each = title.contains("for each") ? POOLS * SANDBOXES : 1;
        System.out.println(title + ":");
        after.forEach((what, count) -> {
            double more = count - before.getOrDefault(what, 0.0);
            if (more > 0) {
                System.out.printf(Locale.ROOT, "  %-58s %8.2f%n", what, more / each);
            }
        });
    }

    private double operatorCpuSeconds() {
        return operators()
                        .mapToDouble(pod ->
                                pod.path("cpu").path("usageCoreNanoSeconds").asDouble())
                        .sum()
                / 1e9;
    }

    private String operatorMemory() {
        return operators()
                .map(pod -> "%.0f MiB"
                        .formatted(pod.path("memory").path("workingSetBytes").asDouble() / (1 << 20)))
                .reduce((a, b) -> a + " and " + b)
                .orElse("not told");
    }

    /** As the kubelets count. */
    private Stream<JsonNode> operators() {
        ObjectMapper mapper = new ObjectMapper();
        return client.nodes().list().getItems().stream()
                .map(node -> client.raw("/api/v1/nodes/" + node.getMetadata().getName() + "/proxy/stats/summary"))
                .flatMap(summary -> {
                    try {
                        return mapper.readTree(summary).path("pods").valueStream();
                    } catch (JsonProcessingException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .filter(pod -> pod.path("podRef").path("name").asText("").startsWith("sandpool-operator-"));
    }

    /** One after the other: with all of them at once containerd 2.2.9 has ended in a panic, on two cores. */
    private void remove() {
        long begin = System.nanoTime();
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
        System.out.printf(Locale.ROOT, "all gone, one pool after the other, in %.1f s%n", seconds(begin));
        client.namespaces().withName(NAMESPACE).delete();
        client.close();
    }

    private static double seconds(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }
}
