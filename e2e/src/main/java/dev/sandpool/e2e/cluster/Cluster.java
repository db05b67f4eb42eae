package dev.sandpool.e2e.cluster;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.e2e.run.Metrics;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** The pool {@code playground} on the cluster of {@code KUBECONFIG}, as a person with kubectl sees it. */
public final class Cluster implements AutoCloseable {
    public static final String NAMESPACE = "sandpool";
    public static final String POOL = "playground";
    /** The namespace of the operator. */
    public static final String SYSTEM_NAMESPACE = "sandpool-system";

    private static final int ADMIN_PORT = 8081;

    private final KubernetesClient client;

    /** Connects to the cluster of {@code KUBECONFIG}. */
    public Cluster() {
        this(new KubernetesClientBuilder().build());
    }

    /** Takes a client with settings of the caller's, and closes it. */
    public Cluster(KubernetesClient client) {
        this.client = client;
    }

    public KubernetesClient client() {
        return client;
    }

    public SandboxPool pool() {
        return poolResource().require();
    }

    /** Changes the pool's spec, as {@code kubectl patch --type=merge} does. */
    public void patchPool(String mergePatch) {
        poolResource().patch(PatchContext.of(PatchType.JSON_MERGE), mergePatch);
    }

    private Resource<SandboxPool> poolResource() {
        return client.resources(SandboxPool.class).inNamespace(NAMESPACE).withName(POOL);
    }

    public List<Pod> sandboxes() {
        return pods(PoolLabels.ROLE_SANDBOX);
    }

    /** Returns the runners that are not being deleted. */
    public List<Pod> runners() {
        return pods(PoolLabels.ROLE_RUNNER).stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .toList();
    }

    /** Returns any runner: the pool as it is deployed has one. */
    public Pod runner() {
        return runners().stream().findFirst().orElseThrow();
    }

    private List<Pod> pods(String role) {
        return client.pods()
                .inNamespace(NAMESPACE)
                .withLabel(PoolLabels.POOL, POOL)
                .withLabel(PoolLabels.ROLE, role)
                .list()
                .getItems();
    }

    public List<Pod> operators() {
        return client.pods()
                .inNamespace(SYSTEM_NAMESPACE)
                .withLabel("app.kubernetes.io/name", "sandpool-operator")
                .list()
                .getItems();
    }

    public boolean exists(Pod pod) {
        return observed(pod).isPresent();
    }

    /** Whether processes of the pod may still exist: it is neither deleted nor in a final phase. */
    public boolean lives(Pod pod) {
        return observed(pod)
                .filter(now ->
                        !List.of("Succeeded", "Failed").contains(now.getStatus().getPhase()))
                .isPresent();
    }

    /** Returns the pod as it is now, unless it is gone or another pod has its name. */
    private Optional<Pod> observed(Pod pod) {
        return Optional.ofNullable(client.pods()
                        .inNamespace(pod.getMetadata().getNamespace())
                        .withName(pod.getMetadata().getName())
                        .get())
                .filter(now ->
                        now.getMetadata().getUid().equals(pod.getMetadata().getUid()));
    }

    /** Reads one sample of the runner's metrics through the API server; 0 if there is none. */
    public double metric(String series) {
        return Metrics.sum(metrics(runner()), series);
    }

    /** Reads all metrics of a runner or an operator through the API server. */
    public String metrics(Pod pod) {
        return client.raw("/api/v1/namespaces/" + pod.getMetadata().getNamespace() + "/pods/"
                + pod.getMetadata().getName() + ":" + ADMIN_PORT + "/proxy/metrics");
    }

    public void awaitWarm(int count) {
        patiently().until(() -> metric("sandpool_sandboxes{state=\"warm\"}") >= count);
    }

    public static ConditionFactory patiently() {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptions();
    }

    @Override
    public void close() {
        client.close();
    }
}
