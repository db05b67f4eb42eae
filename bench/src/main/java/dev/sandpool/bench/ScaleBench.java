package dev.sandpool.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.e2e.cluster.ApiWrites;
import dev.sandpool.e2e.run.Metrics;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A thousand pools and ten thousand sandboxes that are objects and nothing else: their nodes are kwok's, and this process stands for the
 * runners. What the operators take for it, beside what the whole machine takes. {@code make bench-scale}.
 */
public final class ScaleBench {
    private static final int POOLS = Integer.getInteger("sandpool.bench.pools", 1000);
    private static final int SANDBOXES = Integer.getInteger("sandpool.bench.sandboxes", 10);
    private static final int NODES = 20;
    private static final int WRITERS = 8;
    private static final int CHANGES = 5;
    // As teams have them. All in one, each new pod costs the API server some milliseconds for each PodTemplate there.
    private static final int NAMESPACES = Integer.getInteger("sandpool.bench.namespaces", 100);
    private static final Duration PATIENCE = Duration.ofMinutes(20);
    private static final Duration QUIET = Duration.ofSeconds(60);
    private static final String OURS = "sandpool-e2e.example/scale";
    private static final String FAKE = "kwok.x-k8s.io/node";

    private final KubernetesClient client = new KubernetesClientBuilder()
            .withConfig(new ConfigBuilder(Config.autoConfigure(null))
                    .withRequestTimeout(120_000)
                    .build())
            .build();
    private final Map<String, Double> peaks = new TreeMap<>();

    private ScaleBench() {}

    public static void main(String[] arguments) {
        new ScaleBench().measure();
    }

    private void measure() {
        try {
            makeNodes();
            for (int i = 0; i < NAMESPACES; i++) {
                client.resource(new NamespaceBuilder()
                                .withNewMetadata()
                                .withName(namespace(i))
                                .addToLabels(OURS, "")
                                .endMetadata()
                                .build())
                        .serverSideApply();
            }
            step("%d pools without runners applied, and all reconciled".formatted(POOLS), () -> {
                all(POOLS, this::apply);
                await(() -> deployments().size() == POOLS && observed() == POOLS);
            });
            step("each has a runner, and all are ready", () -> {
                all(POOLS, number -> pool(number).patch(merge(), "{\"spec\":{\"replicas\":1}}"));
                await(() -> deployments().stream().filter(ScaleBench::isReady).count() == POOLS);
            });
            step("each runner has %d sandboxes, and all pools are Ready".formatted(SANDBOXES), () -> {
                List<Pod> runners = pods(PoolLabels.ROLE_RUNNER);
                all(runners.size(), number -> standFor(runners.get(number)));
                await(() -> ready() == POOLS);
            });
            awaitNoStatusOfPods();
            step("the same for %d s, and nobody changes anything".formatted(QUIET.toSeconds()), () -> {
                long begin = System.nanoTime();
                await(() -> seconds(begin) >= QUIET.toSeconds());
            });
            change();
            sweeps();
        } finally {
            remove();
        }
    }

    // ---- what is measured

    private void step(String what, Runnable work) {
        Map<String, Double> writes = ApiWrites.of(client);
        double operators = operatorCpu();
        double machine = Machine.cpuSeconds();
        peaks.clear();
        long begin = System.nanoTime();
        work.run();
        double took = seconds(begin);
        look();
        System.out.printf(
                Locale.ROOT,
                """
                %s
                  time %.1f s; CPU of the operators %.2f s (%.3f of a core), of the whole machine %.1f s
                  memory of the operators at most %s; they have restarted %d times
                """,
                what,
                took,
                operatorCpu() - operators,
                (operatorCpu() - operators) / took,
                Machine.cpuSeconds() - machine,
                peaks,
                restarts());
        ApiWrites.of(client).forEach((kind, count) -> {
            double more = count - writes.getOrDefault(kind, 0.0);
            if (more > 0) {
                System.out.printf(Locale.ROOT, "  %-50s %8.0f%n", kind, more);
            }
        });
    }

    /** One pool is changed while the others are there. */
    private void change() {
        List<Double> times = IntStream.range(0, CHANGES)
                .mapToObj(number -> {
                    long begin = System.nanoTime();
                    pool(number).patch(merge(), "{\"spec\":{\"queue\":{\"depth\":%d}}}".formatted(100 + number));
                    Awaitility.await()
                            .atMost(PATIENCE)
                            .pollDelay(Duration.ZERO)
                            .pollInterval(Duration.ofMillis(20))
                            .until(() -> settings(number).contains("\"queueDepth\":" + (100 + number)));
                    return seconds(begin);
                })
                .sorted()
                .toList();
        System.out.printf(
                Locale.ROOT,
                "one pool changed, until its runners are told: median %.2f s, longest %.2f s of %d%n",
                times.get(CHANGES / 2),
                times.getLast(),
                CHANGES);
    }

    private void sweeps() {
        operators().forEach(operator -> {
            String page = client.raw("/api/v1/namespaces/sandpool-system/pods/" + operator + ":8081/proxy/metrics");
            double count = Metrics.sum(page, "sandpool_sweep_duration_seconds_count");
            if (count > 0) {
                System.out.printf(
                        Locale.ROOT,
                        "%s has swept %.0f times, %.3f s each, lately %.3f s at most%n",
                        operator,
                        count,
                        Metrics.sum(page, "sandpool_sweep_duration_seconds_sum") / count,
                        Metrics.sum(page, "sandpool_sweep_duration_seconds_max"));
            }
        });
    }

    private void await(BooleanSupplier done) {
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(2)).until(() -> {
            look();
            return done.getAsBoolean();
        });
    }

    /** kwok goes on about ten thousand pods for a minute or so after the last one is ready. */
    private void awaitNoStatusOfPods() {
        double[] before = {-1};
        await(() -> {
            double now = ApiWrites.of(client).getOrDefault("PATCH pods/status", 0.0);
            boolean quiet = now == before[0];
            before[0] = now;
            return quiet;
        });
    }

    private void look() {
        stats().forEach(pod -> peaks.merge(
                pod.path("podRef").path("name").asText(),
                Math.rint(pod.path("memory").path("workingSetBytes").asDouble() / (1 << 20)),
                Math::max));
    }

    private double operatorCpu() {
        return stats().mapToDouble(pod ->
                                pod.path("cpu").path("usageCoreNanoSeconds").asDouble())
                        .sum()
                / 1e9;
    }

    /** As the one real kubelet counts. */
    private Stream<JsonNode> stats() {
        String node = Objects.requireNonNullElse(System.getenv("SANDPOOL_NODE"), "sandpool");
        try {
            return new ObjectMapper()
                    .readTree(client.raw("/api/v1/nodes/" + node + "/proxy/stats/summary"))
                    .path("pods")
                    .valueStream()
                    .filter(pod -> pod.path("podRef").path("name").asText("").startsWith("sandpool-operator-"));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<String> operators() {
        return operatorPods().stream().map(pod -> pod.getMetadata().getName()).toList();
    }

    private List<Pod> operatorPods() {
        return client.pods()
                .inNamespace("sandpool-system")
                .withLabel("app.kubernetes.io/name", "sandpool-operator")
                .list()
                .getItems();
    }

    private int restarts() {
        return operatorPods().stream()
                .flatMap(pod -> pod.getStatus().getContainerStatuses().stream())
                .mapToInt(container -> container.getRestartCount())
                .sum();
    }

    // ---- what there is

    private void makeNodes() {
        for (int i = 0; i < NODES; i++) {
            client.resource(new NodeBuilder()
                            .withNewMetadata()
                            .withName("fake-" + i)
                            .addToAnnotations(FAKE, "fake")
                            .addToLabels("type", "kwok")
                            .addToLabels("kubernetes.io/arch", "amd64")
                            .addToLabels("kubernetes.io/os", "linux")
                            .addToLabels("kubernetes.io/hostname", "fake-" + i)
                            .endMetadata()
                            .withNewSpec()
                            .addNewTaint("NoSchedule", FAKE, null, "fake")
                            .endSpec()
                            .build())
                    .forceConflicts() // nodes of a call that was cut off have taints of the control plane's
                    .serverSideApply();
        }
    }

    private static String namespace(int number) {
        return "sandpool-scale-" + number % NAMESPACES;
    }

    private static String name(int number) {
        return "pool-" + number;
    }

    private Resource<SandboxPool> pool(int number) {
        return client.resources(SandboxPool.class)
                .inNamespace(namespace(number))
                .withName(name(number));
    }

    private void apply(int number) {
        client.load(new ByteArrayInputStream("""
                        apiVersion: sandpool.dev/v1alpha1
                        kind: SandboxPool
                        metadata: {name: %s, namespace: %s}
                        spec:
                          image: localhost/sandpool-sandbox:bench
                          replicas: 0
                          workers: %3$d
                          warm: {min: %3$d, max: %3$d}
                          runner:
                            nodeSelector: {type: kwok}
                            tolerations: [{key: %4$s, operator: Exists, effect: NoSchedule}]
                        """.formatted(name(number), namespace(number), SANDBOXES, FAKE)
                        .getBytes(UTF_8)))
                .serverSideApply();
    }

    private static PatchContext merge() {
        return PatchContext.of(PatchType.JSON_MERGE);
    }

    /** From the API server's memory, so that looking costs it little. */
    private List<SandboxPool> pools() {
        return client.resources(SandboxPool.class).inAnyNamespace().list(latest()).getItems().stream()
                .filter(pool -> isOurs(pool.getMetadata()))
                .toList();
    }

    private static boolean isOurs(ObjectMeta meta) {
        return meta.getNamespace().startsWith("sandpool-scale-");
    }

    private static ListOptions latest() {
        return new ListOptionsBuilder().withResourceVersion("0").build();
    }

    private long observed() {
        return pools().stream()
                .filter(pool -> pool.getStatus() != null
                        && Objects.equals(
                                pool.getStatus().observedGeneration(),
                                pool.getMetadata().getGeneration()))
                .count();
    }

    private long ready() {
        return pools().stream()
                .filter(pool -> pool.getStatus() != null
                        && pool.getStatus().conditions().stream()
                                .anyMatch(condition -> condition.getType().equals("Ready")
                                        && condition.getStatus().equals("True"))
                        && Objects.requireNonNullElse(pool.getStatus().warm(), 0) == SANDBOXES
                        && Objects.equals(
                                pool.getStatus().revision(), pool.getStatus().stableRevision()))
                .count();
    }

    private List<Deployment> deployments() {
        return client.apps().deployments().inAnyNamespace().list(latest()).getItems().stream()
                .filter(deployment -> isOurs(deployment.getMetadata()))
                .toList();
    }

    private static boolean isReady(Deployment deployment) {
        return deployment.getStatus() != null
                && Objects.requireNonNullElse(deployment.getStatus().getReadyReplicas(), 0) == 1;
    }

    private List<Pod> pods(String role) {
        return client.pods().inAnyNamespace().withLabel(PoolLabels.ROLE, role).list(latest()).getItems().stream()
                .filter(pod -> isOurs(pod.getMetadata()))
                .toList();
    }

    private String settings(int number) {
        return client.configMaps()
                .inNamespace(namespace(number))
                .withName(PoolNames.settings(name(number)))
                .get()
                .getData()
                .values()
                .toString();
    }

    // ---- what a runner does

    /** Makes its sandboxes, as it labels them, and tells the pool's status of them. */
    private void standFor(Pod runner) {
        String pool = Objects.requireNonNull(runner.getMetadata().getLabels().get(PoolLabels.POOL));
        String namespace = runner.getMetadata().getNamespace();
        String suffix = runner.getMetadata()
                .getName()
                .substring(runner.getMetadata().getName().length() - 5);
        String life = "l123456789";
        for (int i = 0; i < SANDBOXES; i++) {
            var sandbox = new PodBuilder()
                    .withNewMetadata()
                    .withName(pool + "-sandbox-" + suffix + "-abcdefg" + i)
                    .withNamespace(namespace)
                    .addToLabels(PoolLabels.MANAGED_BY, PoolLabels.MANAGED_BY_SANDPOOL)
                    .addToLabels(PoolLabels.POOL, pool)
                    .addToLabels(PoolLabels.ROLE, PoolLabels.ROLE_SANDBOX)
                    .addToLabels(PoolLabels.RUNNER, runner.getMetadata().getName())
                    .addToLabels(PoolLabels.RUNNER_LIFE, life)
                    .addNewOwnerReference()
                    .withApiVersion("v1")
                    .withKind("Pod")
                    .withName(runner.getMetadata().getName())
                    .withUid(runner.getMetadata().getUid())
                    .withController(true)
                    .endOwnerReference()
                    .endMetadata()
                    .withNewSpec()
                    .withNodeName("fake-" + (i % NODES))
                    .withAutomountServiceAccountToken(false)
                    .withActiveDeadlineSeconds(86_400L)
                    .addNewToleration("NoSchedule", FAKE, "Exists", null, null)
                    .addNewContainer()
                    .withName("contained")
                    .withImage("localhost/sandpool-sandbox:bench")
                    .endContainer()
                    .endSpec()
                    .build();
            var _ = client.resource(sandbox).create();
        }
        String revision = client.resources(SandboxPool.class)
                .inNamespace(namespace)
                .withName(pool)
                .require()
                .getStatus()
                .revision();
        var entry = """
                {"apiVersion":"sandpool.dev/v1alpha1","kind":"SandboxPool","metadata":{"name":"%s","namespace":"%s"},"status":{"runners":[
                {"name":"%s","life":"%s","lifeSince":"%s","revision":"%5$s","target":"%5$s","warm":%7$d,"warmOfRevision":%7$d,"warmWanted":%7$d,
                "kept":0,"running":0,"starting":0,"queued":0,"capacity":%7$d,"runs":{"total":0,"failed":0,"timedOut":0}}]}}""".formatted(
                        pool,
                        namespace,
                        runner.getMetadata().getName(),
                        life,
                        revision,
                        runner.getMetadata().getCreationTimestamp(),
                        SANDBOXES);
        patchStatus(namespace, pool, runner.getMetadata().getName(), entry);
    }

    private void patchStatus(String namespace, String pool, String runner, String entry) {
        client.resources(SandboxPool.class)
                .inNamespace(namespace)
                .withName(pool)
                .subresource("status")
                .patch(
                        new PatchContext.Builder()
                                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                                .withFieldManager("sandpool-runner-" + runner)
                                .withForce(true)
                                .build(),
                        entry);
    }

    private static void all(int count, IntConsumer work) {
        AtomicInteger next = new AtomicInteger();
        try (ExecutorService writers = Executors.newFixedThreadPool(WRITERS)) {
            for (int i = 0; i < WRITERS; i++) {
                writers.execute(() -> {
                    for (int number = next.getAndIncrement(); number < count; number = next.getAndIncrement()) {
                        again(work, number);
                    }
                });
            }
        }
    }

    /** The API server is busy with what is measured. */
    private static void again(IntConsumer work, int number) {
        for (int i = 0; ; i++) {
            try {
                work.accept(number);
                return;
            } catch (KubernetesClientException e) {
                if (i == 5 || (e.getCode() != 429 && e.getCode() != 409 && e.getCode() < 500)) {
                    throw e;
                }
            }
        }
    }

    private void remove() {
        long begin = System.nanoTime();
        // Before the namespaces, or the Deployments would go on making pods while those go.
        for (int i = 0; i < NAMESPACES; i++) {
            client.resources(SandboxPool.class).inNamespace(namespace(i)).delete();
        }
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofSeconds(2))
                .until(() -> pods(PoolLabels.ROLE_SANDBOX).isEmpty());
        for (int i = 0; i < NAMESPACES; i++) {
            client.namespaces().withName(namespace(i)).delete();
        }
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofSeconds(2))
                .until(() ->
                        client.namespaces().withLabel(OURS).list().getItems().isEmpty());
        for (int i = 0; i < NODES; i++) {
            client.nodes().withName("fake-" + i).delete();
        }
        System.out.printf(Locale.ROOT, "all gone in %.1f s%n", seconds(begin));
        client.close();
    }

    private static double seconds(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }
}
