package dev.sandpool.e2e;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.RunCounts;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Assumptions;

/** A pool of a test's own, in a namespace that enforces PodSecurity's level "restricted", or in one that enforces nothing. */
final class TestPool implements AutoCloseable {
    static final String NAMESPACE = "sandpool-e2e";
    /** Pods may be without a seccomp profile here. */
    static final String LENIENT_NAMESPACE = "sandpool-e2e-lenient";

    private final KubernetesClient client = new KubernetesClientBuilder().build();
    private final String namespace;
    private final String name;
    private final SandboxPool first;

    private TestPool(String namespace, String name, String image, String spec) {
        this.namespace = namespace;
        this.name = name;
        this.first = client.getKubernetesSerialization()
                .unmarshal(
                        """
                        apiVersion: sandpool.dev/v1alpha1
                        kind: SandboxPool
                        metadata: {name: %s, namespace: %s}
                        spec: {image: "%s", %s%s}
                        """.formatted(
                                        name,
                                        namespace,
                                        image,
                                        spec.contains("runner:") ? "" : "runner: {service: {type: NodePort}}, ",
                                        spec),
                        SandboxPool.class);
    }

    /**
     * Makes it, and waits until it is ready.
     *
     * @param spec the fields of its spec besides the image, as YAML in flow style, such as {@code workers: 2, warm: {min: 1}}; without
     *     {@code runner} its Service is a NodePort
     */
    static TestPool made(String name, String spec) {
        TestPool pool = applied(name, spec);
        pool.await("Ready", "True");
        return pool;
    }

    /** The same, with another sandbox image than the one that is deployed. */
    static TestPool madeOf(String name, String image, String spec) {
        TestPool pool = applied(NAMESPACE, name, image, spec);
        pool.await("Ready", "True");
        return pool;
    }

    /** Makes it, and waits for nothing. */
    static TestPool applied(String name, String spec) {
        return applied(NAMESPACE, name, deployedImage(), spec);
    }

    /** The same, with another sandbox image than the one that is deployed. */
    static TestPool appliedOf(String name, String image, String spec) {
        return applied(NAMESPACE, name, image, spec);
    }

    /** Makes it where pods may be without a seccomp profile, with the ordinary sandbox image, and waits for nothing. */
    static TestPool appliedWhereAllIsAllowed(String name, String spec) {
        return applied(LENIENT_NAMESPACE, name, deployedImage(), spec);
    }

    /** One whose image has gVisor in it, made and ready; the test is skipped where that image was not brought onto the cluster. */
    static TestPool embedded(String namespace, String name, String spec) {
        TestPool pool = applied(namespace, name, embeddedImage(), "isolation: Embedded, " + spec);
        pool.await("Ready", "True");
        return pool;
    }

    /** The sandbox image that has gVisor in it, as {@code make deploy} has brought it onto the cluster. */
    static String embeddedImage() {
        String image = System.getenv("SANDPOOL_EMBEDDED_IMAGE");
        Assumptions.assumeTrue(
                image != null, "SANDPOOL_EMBEDDED_IMAGE is not set: no image with an embedded gVisor was made");
        return Objects.requireNonNull(image);
    }

    private static TestPool applied(String namespace, String name, String image, String spec) {
        TestPool pool = new TestPool(namespace, name, image, spec);
        pool.makeNamespace();
        pool.client.resource(pool.first).serverSideApply();
        return pool;
    }

    /** Gives it the spec that it was made with, or makes it again if it was deleted, and waits until it is as it was made. */
    void restore() {
        if (resource().get() == null) {
            client.resource(first).serverSideApply();
        } else {
            // As a whole, and whatever version there is: runners and the operator write the status meanwhile.
            String spec = client.getKubernetesSerialization().asJson(first.getSpec());
            resource()
                    .patch(
                            PatchContext.of(PatchType.JSON),
                            "[{\"op\": \"replace\", \"path\": \"/spec\", \"value\": " + spec + "}]");
        }
        awaitObserved();
        await("Ready", "True");
        awaitReason("Progressing", "UpToDate");
        awaitRevisionAfter("");
        patiently()
                .until(() -> runners().size() == first.getSpec().replicas()
                        && warm() == first.getSpec().warm().max());
    }

    /** The sandbox image that {@code make deploy} has brought onto the cluster. */
    static String deployedImage() {
        try (Cluster cluster = new Cluster()) {
            return cluster.pool().getSpec().image();
        }
    }

    private void makeNamespace() {
        if (namespace.equals(NAMESPACE)) {
            makeNamespace(client);
            return;
        }
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(namespace)
                        .endMetadata()
                        .build())
                .serverSideApply();
    }

    static void makeNamespace(KubernetesClient client) {
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(NAMESPACE)
                        .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                        .addToLabels("pod-security.kubernetes.io/warn", "restricted")
                        .endMetadata()
                        .build())
                .serverSideApply();
    }

    KubernetesClient client() {
        return client;
    }

    String name() {
        return name;
    }

    Resource<SandboxPool> resource() {
        return client.resources(SandboxPool.class).inNamespace(namespace).withName(name);
    }

    SandboxPool now() {
        return resource().require();
    }

    SandboxPoolStatus status() {
        return Objects.requireNonNullElseGet(now().getStatus(), SandboxPoolStatus::unknown);
    }

    /** Changes the spec as {@code kubectl patch --type=merge} does. */
    void patch(String specAsJson) {
        resource().patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":" + specAsJson + "}");
    }

    Condition condition(String type) {
        return status().conditions().stream()
                .filter(condition -> condition.getType().equals(type))
                .findFirst()
                .orElseGet(Condition::new);
    }

    /** Until its status is about the spec as it is now. */
    void awaitObserved() {
        patiently().until(() -> {
            SandboxPool pool = now();
            return pool.getStatus() != null
                    && pool.getMetadata()
                            .getGeneration()
                            .equals(pool.getStatus().observedGeneration());
        });
    }

    void await(String condition, String status) {
        patiently().until(() -> status.equals(condition(condition).getStatus()));
    }

    /** Until every runner has taken up a revision other than the one named, and no sandbox of another is left. */
    void awaitRevisionAfter(String before) {
        patiently().until(() -> {
            SandboxPoolStatus status = status();
            return !before.equals(status.revision())
                    && Objects.equals(status.revision(), status.stableRevision())
                    && status.runners().stream().allMatch(runner -> runner.warm() == runner.warmOfRevision());
        });
    }

    int warm() {
        return Objects.requireNonNullElse(status().warm(), 0);
    }

    int capacity() {
        return Objects.requireNonNullElse(status().capacity(), 0);
    }

    long leaksCleaned() {
        return Objects.requireNonNullElse(status().leaksCleaned(), 0L);
    }

    RunCounts runs() {
        return Objects.requireNonNullElse(status().runs(), RunCounts.NONE);
    }

    /** The wanted one; empty before there is one. */
    String revision() {
        return Objects.requireNonNullElse(status().revision(), "");
    }

    String ready() {
        return Objects.requireNonNullElse(status().ready(), "");
    }

    String reason(String condition) {
        return Objects.requireNonNullElse(condition(condition).getReason(), "");
    }

    void awaitReason(String condition, String reason) {
        patiently().until(() -> reason.equals(reason(condition)));
    }

    List<Pod> runners() {
        return pods(PoolLabels.ROLE_RUNNER);
    }

    Set<String> runnerUids() {
        return runners().stream().map(pod -> pod.getMetadata().getUid()).collect(Collectors.toSet());
    }

    List<Pod> sandboxes() {
        return pods(PoolLabels.ROLE_SANDBOX);
    }

    private List<Pod> pods(String role) {
        return client
                .pods()
                .inNamespace(namespace)
                .withLabels(Map.of(PoolLabels.POOL, name, PoolLabels.ROLE, role))
                .list()
                .getItems()
                .stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .toList();
    }

    /** Notes of the events about this pool with that reason; a pool of the same name before had its own. */
    List<String> events(String reason) {
        String uid = now().getMetadata().getUid();
        return client.events().v1().events().inNamespace(namespace).list().getItems().stream()
                .filter(event -> uid.equals(event.getRegarding().getUid())
                        && event.getReason().equals(reason))
                .map(event -> Objects.requireNonNullElse(event.getNote(), ""))
                .toList();
    }

    /** Its Service, through a port of the node. */
    RunnerService service() {
        int port = Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(this::nodePort, Optional::isPresent)
                .orElseThrow();
        String host = RunnerService.deployed().base().getHost();
        return new RunnerService(URI.create("http://" + host + ":" + port));
    }

    private Optional<Integer> nodePort() {
        return Optional.ofNullable(client.services()
                        .inNamespace(namespace)
                        .withName(PoolNames.service(name))
                        .get())
                .map(service -> service.getSpec().getPorts().getFirst().getNodePort());
    }

    static ConditionFactory patiently() {
        return Cluster.patiently().atMost(Duration.ofSeconds(90)).pollInterval(Duration.ofMillis(200));
    }

    /** Deletes the pool, and waits until its pods are gone: the next test wants the processors for itself. */
    @Override
    public void close() {
        resource().delete();
        patiently()
                .until(() -> pods(PoolLabels.ROLE_RUNNER).isEmpty()
                        && pods(PoolLabels.ROLE_SANDBOX).isEmpty());
        client.close();
    }
}
