package dev.sandpool.e2e;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** The runner's namespace on the cluster of {@code KUBECONFIG}, as a person with kubectl sees it. */
final class Cluster implements AutoCloseable {
    static final String NAMESPACE = "sandpool";
    private static final int ADMIN_PORT = 8081;

    private final KubernetesClient client = new KubernetesClientBuilder().build();

    KubernetesClient client() {
        return client;
    }

    List<Pod> sandboxes() {
        return client.pods()
                .inNamespace(NAMESPACE)
                .withLabel("sandpool.dev/role", "sandbox")
                .list()
                .getItems();
    }

    Pod runner() {
        return client
                .pods()
                .inNamespace(NAMESPACE)
                .withLabel("app.kubernetes.io/name", "sandpool-runner")
                .list()
                .getItems()
                .stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .findFirst()
                .orElseThrow();
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
        String path = "/api/v1/namespaces/" + NAMESPACE + "/pods/"
                + runner().getMetadata().getName() + ":" + ADMIN_PORT + "/proxy/metrics";
        return Metrics.sum(client.raw(path), series);
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
