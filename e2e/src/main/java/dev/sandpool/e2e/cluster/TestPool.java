package dev.sandpool.e2e.cluster;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.RunCounts;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import dev.sandpool.e2e.run.RunnerService;
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

/**
 * A pool that a test or a benchmark makes for itself, in a namespace that enforces the level "restricted" of PodSecurity
 * or in one that enforces nothing.
 *
 * <p>Unless the spec has a {@code runner}, its runners use the default runtime of the cluster: in gVisor a runner takes
 * 7.1 s of CPU time until its pool is ready, outside of it 4.8 s. Sandboxes always use gVisor. A test or a benchmark of
 * the runners that users get by default uses {@link #DEFAULT_RUNNER}. The pool {@code playground} has such runners too.
 */
public final class TestPool implements AutoCloseable {
    public static final String NAMESPACE = "sandpool-e2e";
    /** A namespace whose pods may lack a seccomp profile. */
    public static final String LENIENT_NAMESPACE = "sandpool-e2e-lenient";

    /** The environment variable that names the sandbox image with an embedded gVisor. */
    public static final String EMBEDDED_IMAGE = "SANDPOOL_EMBEDDED_IMAGE";

    /** A part of a spec: runners in gVisor, as they are by default. */
    public static final String DEFAULT_RUNNER = "runner: {service: {type: NodePort}}";

    private static final String LIGHT_RUNNER = "runner: {runtimeClassName: \"\", service: {type: NodePort}}, ";

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
                        """.formatted(name, namespace, image, spec.contains("runner:") ? "" : LIGHT_RUNNER, spec),
                        SandboxPool.class);
    }

    /**
     * Creates a pool and waits until it is ready.
     *
     * @param spec the fields of its spec besides the image, as YAML in flow style, such as {@code workers: 2, warm:
     *     {min: 1}}; without {@code runner} its Service is a NodePort, and its runners are on the
     *     cluster's default runtime
     */
    public static TestPool made(String name, String spec) {
        TestPool pool = applied(name, spec);
        pool.await("Ready", "True");
        return pool;
    }

    /** Creates a pool with a sandbox image other than the deployed one, and waits until it is ready. */
    public static TestPool madeOf(String name, String image, String spec) {
        TestPool pool = applied(NAMESPACE, name, image, spec);
        pool.await("Ready", "True");
        return pool;
    }

    /** Creates a pool and waits for nothing. */
    public static TestPool applied(String name, String spec) {
        return applied(NAMESPACE, name, deployedImage(), spec);
    }

    /** Creates a pool with a sandbox image other than the deployed one, and waits for nothing. */
    public static TestPool appliedOf(String name, String image, String spec) {
        return applied(NAMESPACE, name, image, spec);
    }

    /** Creates a pool in {@link #LENIENT_NAMESPACE} with the deployed sandbox image, and waits for nothing. */
    public static TestPool appliedWhereAllIsAllowed(String name, String spec) {
        return applied(LENIENT_NAMESPACE, name, deployedImage(), spec);
    }

    /** Creates a pool with an embedded gVisor, and waits until it is ready. Its image is {@code SANDPOOL_EMBEDDED_IMAGE}. */
    public static TestPool embedded(String namespace, String name, String spec) {
        TestPool pool = applied(namespace, name, embeddedImage(), "isolation: Embedded, " + spec);
        pool.await("Ready", "True");
        return pool;
    }

    private static String embeddedImage() {
        String image = System.getenv(EMBEDDED_IMAGE);
        if (image == null) {
            throw new IllegalStateException(
                    EMBEDDED_IMAGE + " is not set: it names the image that 'make deploy' made if gVisor was built");
        }
        return image;
    }

    private static TestPool applied(String namespace, String name, String image, String spec) {
        TestPool pool = new TestPool(namespace, name, image, spec);
        pool.makeNamespace();
        pool.client.resource(pool.first).serverSideApply();
        return pool;
    }

    /** Restores the spec that the pool was created with, or the pool if it was deleted, and waits until it is ready. */
    public void restore() {
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

    /** Returns the sandbox image that {@code make deploy} has brought onto the cluster. */
    public static String deployedImage() {
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

    public static void makeNamespace(KubernetesClient client) {
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(NAMESPACE)
                        .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                        .addToLabels("pod-security.kubernetes.io/warn", "restricted")
                        .endMetadata()
                        .build())
                .serverSideApply();
    }

    public KubernetesClient client() {
        return client;
    }

    public String name() {
        return name;
    }

    public Resource<SandboxPool> resource() {
        return client.resources(SandboxPool.class).inNamespace(namespace).withName(name);
    }

    public SandboxPool now() {
        return resource().require();
    }

    public SandboxPoolStatus status() {
        return Objects.requireNonNullElseGet(now().getStatus(), SandboxPoolStatus::unknown);
    }

    /** Changes the spec as {@code kubectl patch --type=merge} does. */
    public void patch(String specAsJson) {
        resource().patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":" + specAsJson + "}");
    }

    public Condition condition(String type) {
        return status().conditions().stream()
                .filter(condition -> condition.getType().equals(type))
                .findFirst()
                .orElseGet(Condition::new);
    }

    /** Waits until the status is about the current spec. */
    public void awaitObserved() {
        patiently().until(() -> {
            SandboxPool pool = now();
            return pool.getStatus() != null
                    && pool.getMetadata()
                            .getGeneration()
                            .equals(pool.getStatus().observedGeneration());
        });
    }

    public void await(String condition, String status) {
        patiently().until(() -> status.equals(condition(condition).getStatus()));
    }

    /** Waits until every runner uses a revision other than the given one, and has sandboxes of that revision only. */
    public void awaitRevisionAfter(String before) {
        patiently().until(() -> {
            SandboxPoolStatus status = status();
            return !before.equals(status.revision())
                    && Objects.equals(status.revision(), status.stableRevision())
                    && status.runners().stream().allMatch(runner -> runner.warm() == runner.warmOfRevision());
        });
    }

    public int warm() {
        return Objects.requireNonNullElse(status().warm(), 0);
    }

    public int capacity() {
        return Objects.requireNonNullElse(status().capacity(), 0);
    }

    public long leaksCleaned() {
        return Objects.requireNonNullElse(status().leaksCleaned(), 0L);
    }

    public RunCounts runs() {
        return Objects.requireNonNullElse(status().runs(), RunCounts.NONE);
    }

    /** Returns the wanted revision; empty before there is one. */
    public String revision() {
        return Objects.requireNonNullElse(status().revision(), "");
    }

    public String ready() {
        return Objects.requireNonNullElse(status().ready(), "");
    }

    public String reason(String condition) {
        return Objects.requireNonNullElse(condition(condition).getReason(), "");
    }

    public void awaitReason(String condition, String reason) {
        patiently().until(() -> reason.equals(reason(condition)));
    }

    public List<Pod> runners() {
        return pods(PoolLabels.ROLE_RUNNER);
    }

    public Set<String> runnerUids() {
        return runners().stream().map(pod -> pod.getMetadata().getUid()).collect(Collectors.toSet());
    }

    public List<Pod> sandboxes() {
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

    /** Returns the notes of this pool's events with that reason, without those of an earlier pool of the same name. */
    public List<String> events(String reason) {
        String uid = now().getMetadata().getUid();
        return client.events().v1().events().inNamespace(namespace).list().getItems().stream()
                .filter(event -> uid.equals(event.getRegarding().getUid())
                        && event.getReason().equals(reason))
                .map(event -> Objects.requireNonNullElse(event.getNote(), ""))
                .toList();
    }

    /** Returns the pool's Service, reached through a port of the node. */
    public RunnerService service() {
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

    public static ConditionFactory patiently() {
        return Cluster.patiently().atMost(Duration.ofSeconds(90)).pollInterval(Duration.ofMillis(200));
    }

    /** Deletes the pool and waits until its pods are gone: the next test needs the processors. */
    @Override
    public void close() {
        resource().delete();
        patiently()
                .until(() -> pods(PoolLabels.ROLE_RUNNER).isEmpty()
                        && pods(PoolLabels.ROLE_SANDBOX).isEmpty());
        client.close();
    }
}
