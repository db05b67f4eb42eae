package dev.sandpool.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.awaitility.Awaitility;

/** Many pools whose pods are objects only: their nodes are kwok's. */
final class KwokPools {
    /** The annotation and the taint of kwok's nodes. */
    static final String NODE_MARK = "kwok.x-k8s.io/node";

    private static final int NODES = 20;
    // As teams have them. All in one, each new pod costs the API server some milliseconds for each PodTemplate there.
    private static final int NAMESPACES = Integer.getInteger("sandpool.bench.namespaces", 100);
    private static final Duration PATIENCE = Duration.ofMinutes(20);
    private static final String OURS = "sandpool-e2e.example/scale";

    private final KubernetesClient client;
    private final int count;
    private final int sandboxes;

    /** That number of pools, each with one runner that has that number of sandboxes. */
    KwokPools(KubernetesClient client, int count, int sandboxes) {
        this.client = client;
        this.count = count;
        this.sandboxes = sandboxes;
    }

    static String node(int number) {
        return "fake-" + number % NODES;
    }

    /** Creates the nodes and the namespaces of the pools. */
    void prepare() {
        createNodes();
        for (int i = 0; i < NAMESPACES; i++) {
            client.resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(namespace(i))
                            .addToLabels(OURS, "")
                            .endMetadata()
                            .build())
                    .serverSideApply();
        }
    }

    /** Creates all pools, each without a runner. */
    void apply() {
        BusyCluster.forEach(count, this::apply);
    }

    /** Gives each pool its runner. */
    void startRunners() {
        BusyCluster.forEach(count, number -> pool(number).patch(merge(), "{\"spec\":{\"replicas\":1}}"));
    }

    void setQueueDepth(int number, int depth) {
        pool(number).patch(merge(), "{\"spec\":{\"queue\":{\"depth\":%d}}}".formatted(depth));
    }

    /** Returns the number of Deployments whose runner is ready. */
    long readyRunners() {
        return deployments().stream().filter(KwokPools::isReady).count();
    }

    private void createNodes() {
        for (int i = 0; i < NODES; i++) {
            client.resource(new NodeBuilder()
                            .withNewMetadata()
                            .withName(node(i))
                            .addToAnnotations(NODE_MARK, "fake")
                            .addToLabels("type", "kwok")
                            .addToLabels("kubernetes.io/arch", "amd64")
                            .addToLabels("kubernetes.io/os", "linux")
                            .addToLabels("kubernetes.io/hostname", node(i))
                            .endMetadata()
                            .withNewSpec()
                            .addNewTaint("NoSchedule", NODE_MARK, null, "fake")
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
                        """.formatted(name(number), namespace(number), sandboxes, NODE_MARK)
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

    long observed() {
        return pools().stream()
                .filter(pool -> pool.getStatus() != null
                        && Objects.equals(
                                pool.getStatus().observedGeneration(),
                                pool.getMetadata().getGeneration()))
                .count();
    }

    long ready() {
        return pools().stream()
                .filter(pool -> pool.getStatus() != null
                        && pool.getStatus().conditions().stream()
                                .anyMatch(condition -> condition.getType().equals("Ready")
                                        && condition.getStatus().equals("True"))
                        && Objects.requireNonNullElse(pool.getStatus().warm(), 0) == sandboxes
                        && Objects.equals(
                                pool.getStatus().revision(), pool.getStatus().stableRevision()))
                .count();
    }

    List<Deployment> deployments() {
        return client.apps().deployments().inAnyNamespace().list(latest()).getItems().stream()
                .filter(deployment -> isOurs(deployment.getMetadata()))
                .toList();
    }

    private static boolean isReady(Deployment deployment) {
        return deployment.getStatus() != null
                && Objects.requireNonNullElse(deployment.getStatus().getReadyReplicas(), 0) == 1;
    }

    List<Pod> pods(String role) {
        return client.pods().inAnyNamespace().withLabel(PoolLabels.ROLE, role).list(latest()).getItems().stream()
                .filter(pod -> isOurs(pod.getMetadata()))
                .toList();
    }

    String settings(int number) {
        return client.configMaps()
                .inNamespace(namespace(number))
                .withName(PoolNames.settings(name(number)))
                .get()
                .getData()
                .values()
                .toString();
    }

    void remove() {
        Stopwatch watch = Stopwatch.start();
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
            client.nodes().withName(node(i)).delete();
        }
        System.out.printf(Locale.ROOT, "all gone in %.1f s%n", watch.seconds());
    }
}
