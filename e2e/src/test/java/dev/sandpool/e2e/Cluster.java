package dev.sandpool.e2e;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** The pool {@code playground} on the cluster of {@code KUBECONFIG}, as a person with kubectl sees it. */
final class Cluster implements AutoCloseable {
    static final String NAMESPACE = "sandpool";
    static final String POOL = "playground";
    /** The operator's own. */
    static final String SYSTEM_NAMESPACE = "sandpool-system";

    private static final int ADMIN_PORT = 8081;

    private final KubernetesClient client = new KubernetesClientBuilder().build();

    KubernetesClient client() {
        return client;
    }

    SandboxPool pool() {
        return poolResource().require();
    }

    /** Changes the pool's spec, as {@code kubectl patch --type=merge} does. */
    void patchPool(String mergePatch) {
        poolResource().patch(PatchContext.of(PatchType.JSON_MERGE), mergePatch);
    }

    private Resource<SandboxPool> poolResource() {
        return client.resources(SandboxPool.class).inNamespace(NAMESPACE).withName(POOL);
    }

    List<Pod> sandboxes() {
        return pods(PoolLabels.ROLE_SANDBOX);
    }

    /** The runners that nobody has told to end. */
    List<Pod> runners() {
        return pods(PoolLabels.ROLE_RUNNER).stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .toList();
    }

    /** Any of them: the pool as it is deployed has one. */
    Pod runner() {
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

    List<Pod> operators() {
        return client.pods()
                .inNamespace(SYSTEM_NAMESPACE)
                .withLabel("app.kubernetes.io/name", "sandpool-operator")
                .list()
                .getItems();
    }

    boolean exists(Pod pod) {
        Pod now = client.pods()
                .inNamespace(NAMESPACE)
                .withName(pod.getMetadata().getName())
                .get();
        return now != null
                && now.getMetadata().getUid().equals(pod.getMetadata().getUid());
    }

    /** Whether any of the pod's processes can still be there: the pod is neither gone nor in a last phase. */
    boolean lives(Pod pod) {
        Pod now = client.pods()
                .inNamespace(NAMESPACE)
                .withName(pod.getMetadata().getName())
                .get();
        return now != null
                && now.getMetadata().getUid().equals(pod.getMetadata().getUid())
                && !List.of("Succeeded", "Failed").contains(now.getStatus().getPhase());
    }

    /** One sample of the runner's metrics, read through the API server; 0 where there is none. */
    double metric(String series) {
        return Metrics.sum(metrics(runner()), series);
    }

    /** All metrics of a runner or an operator, read through the API server. */
    String metrics(Pod pod) {
        return client.raw("/api/v1/namespaces/" + pod.getMetadata().getNamespace() + "/pods/"
                + pod.getMetadata().getName() + ":" + ADMIN_PORT + "/proxy/metrics");
    }

    void awaitWarm(int count) {
        patiently().until(() -> metric("sandpool_sandboxes{state=\"warm\"}") >= count);
    }

    static ConditionFactory patiently() {
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
