package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.PoolNames;
import dev.sandpool.e2e.cluster.Cluster;
import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * What the policies of Sandpool forbid and allow where something enforces them: kube-router, which runs on the node during this test only. The
 * policies stand alone here, because the pod that has the labels of a sandbox has neither gVisor nor contained in it. Contained's own wall is
 * what {@link ProgramsIT} tries, where nothing enforces policies.
 */
@Isolated("filters every packet of the node")
class NetworkPoliciesIT {
    private static final String POOL = "walls";
    private static final String CALLERS = "sandpool-e2e-callers";
    private static final String STRANGERS = "sandpool-e2e-strangers";
    private static final String ENFORCER = "kube-router";
    /** Of this machine, which is outside of the cluster. */
    private static final String MACHINE = "10.99.0.1";

    private static final String NODE = "10.99.0.2";

    private static final int OPEN = 8000;
    private static final int HTTP = 80;
    private static final int ADMIN = 8081;
    private static final int DNS = 53;
    private static final int API_SERVER = 6443;

    private final Cluster cluster = new Cluster();
    private final KubernetesClient client = cluster.client();
    private final List<Pod> pods = new ArrayList<>();
    private final List<Process> listeners = new ArrayList<>();

    private record Connection(String name, PodNetwork from, String protocol, String address, int port) {
        boolean works() {
            return from.connects(protocol, address, port);
        }

        @Override
        public String toString() {
            return name + ": " + protocol + " " + address + ":" + port;
        }
    }

    @BeforeEach
    void namespaces() {
        TestPool.makeNamespace(client);
        for (String name : List.of(CALLERS, STRANGERS)) {
            client.resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(name)
                            .endMetadata()
                            .build())
                    .serverSideApply();
        }
    }

    @AfterEach
    void nothingIsLeft() {
        try {
            Node.stop(ENFORCER);
        } finally {
            listeners.forEach(Process::destroyForcibly);
            pods.forEach(pod -> client.resource(pod).withGracePeriod(0).delete());
            for (String name : List.of(CALLERS, STRANGERS)) {
                client.namespaces()
                        .withName(name)
                        .withTimeout(60, TimeUnit.SECONDS)
                        .delete();
            }
            cluster.close();
        }
    }

    @Test
    void whatPoliciesForbidIsForbiddenAndWhatTheyAllowWorks() throws IOException {
        String spec = "workers: 1, warm: {min: 1, max: 1}, " + Load.NO_HURRY
                + ", runner: {runtimeClassName: \"\", service: {type: ClusterIP}, "
                + "allowedNamespaces: {matchLabels: {kubernetes.io/metadata.name: " + CALLERS + "}}}";
        Pod labelled = pod(TestPool.NAMESPACE, Map.of(PoolLabels.POOL, POOL, PoolLabels.ROLE, PoolLabels.ROLE_SANDBOX));
        try (TestPool pool = TestPool.made(POOL, spec);
                Closeable _ = () -> client.resource(labelled).withGracePeriod(0).delete();
                ServerSocket outside = new ServerSocket(0, 50, InetAddress.getByName(MACHINE))) {
            PodNetwork sandbox = PodNetwork.of(labelled);
            PodNetwork caller = PodNetwork.of(pod(CALLERS, Map.of()));
            PodNetwork stranger = PodNetwork.of(pod(STRANGERS, Map.of()));
            PodNetwork names = PodNetwork.of(pod("kube-system", Map.of()));
            PodNetwork runner = PodNetwork.of(pool.runners().getFirst());
            PodNetwork operator = PodNetwork.of(cluster.operators().getFirst());
            for (PodNetwork each : List.of(sandbox, stranger, runner, operator)) {
                listeners.add(each.listen(OPEN));
            }
            listeners.add(names.listen(DNS));
            Service kubernetes = client.services()
                    .inNamespace("default")
                    .withName("kubernetes")
                    .require();
            String apiServer = kubernetes.getSpec().getClusterIP();
            Service service = client.services()
                    .inNamespace(TestPool.NAMESPACE)
                    .withName(PoolNames.service(POOL))
                    .require();
            String runs = service.getSpec().getClusterIP();
            int runsPort = service.getSpec().getPorts().getFirst().getPort();

            List<Connection> allowed = List.of(
                    new Connection("a caller to the runners' Service", caller, "tcp", runs, runsPort),
                    new Connection("anybody to a runner's metrics", stranger, "tcp", runner.ip(), ADMIN),
                    new Connection("a runner to the API server's Service", runner, "tcp", apiServer, 443),
                    new Connection("a runner to the API server", runner, "tcp", NODE, API_SERVER),
                    new Connection("a runner to DNS", runner, "tcp", names.ip(), DNS),
                    new Connection("a runner to DNS", runner, "udp", names.ip(), DNS),
                    new Connection("anybody to an operator's metrics", stranger, "tcp", operator.ip(), ADMIN),
                    new Connection("an operator to the API server's Service", operator, "tcp", apiServer, 443),
                    new Connection("an operator to the API server", operator, "tcp", NODE, API_SERVER),
                    new Connection("an operator to DNS", operator, "tcp", names.ip(), DNS),
                    new Connection("an operator to DNS", operator, "udp", names.ip(), DNS));
            Connection strangerToSandbox = new Connection("anybody to a sandbox", stranger, "tcp", sandbox.ip(), OPEN);
            Connection sandboxToStranger = new Connection("a sandbox to a pod", sandbox, "tcp", stranger.ip(), OPEN);
            List<Connection> forbidden = List.of(
                    strangerToSandbox,
                    sandboxToStranger,
                    new Connection("a runner to a sandbox", runner, "tcp", sandbox.ip(), OPEN),
                    new Connection("a sandbox to its runner", sandbox, "tcp", runner.ip(), HTTP),
                    new Connection("a sandbox to a runner's metrics", sandbox, "tcp", runner.ip(), ADMIN),
                    new Connection("a sandbox to the API server's Service", sandbox, "tcp", apiServer, 443),
                    new Connection("a sandbox to the API server", sandbox, "tcp", NODE, API_SERVER),
                    new Connection("a sandbox to DNS", sandbox, "tcp", names.ip(), DNS),
                    new Connection("a sandbox to DNS", sandbox, "udp", names.ip(), DNS),
                    new Connection("a sandbox to the outside", sandbox, "tcp", MACHINE, outside.getLocalPort()),
                    new Connection("a stranger to the runners' Service", stranger, "tcp", runs, runsPort),
                    new Connection("a stranger to a runner", stranger, "tcp", runner.ip(), HTTP),
                    new Connection("a caller to another port of a runner", caller, "tcp", runner.ip(), OPEN),
                    new Connection("a runner to a pod", runner, "tcp", stranger.ip(), OPEN),
                    new Connection("a runner to the outside", runner, "tcp", MACHINE, outside.getLocalPort()),
                    new Connection("anybody to another port of an operator", stranger, "tcp", operator.ip(), OPEN),
                    new Connection("an operator to a pod", operator, "tcp", stranger.ip(), OPEN),
                    new Connection("an operator to the outside", operator, "tcp", MACHINE, outside.getLocalPort()));
            List<Connection> all =
                    Stream.concat(allowed.stream(), forbidden.stream()).toList();

            assertThat(all).as("while nothing enforces policies").allMatch(Connection::works);

            Node.start(ENFORCER);
            Cluster.patiently().until(() -> !sandboxToStranger.works());
            assertThat(working(forbidden)).isEmpty();
            assertThat(allowed).allMatch(Connection::works);

            // The runner makes a sandbox and attaches to it, and a program runs, behind the same policies.
            List<String> before = names(made(pool));
            made(pool).forEach(pod -> client.resource(pod).delete());
            TestPool.patiently()
                    .until(() -> pool.warm() == 1
                            && made(pool).size() == 1
                            && names(made(pool)).stream().noneMatch(before::contains));
            assertThat(caller.post("http://" + runs + ":" + runsPort + "/run", Programs.staticC("hello")))
                    .contains("\"exitCode\": 0");
            assertThat(RunnerService.deployed()
                            .runWhenReady(Programs.staticC("hello"))
                            .stdout())
                    .as("through a port of the node")
                    .isEqualTo("hello\n");

            // The same pods, of which one is a sandbox no more.
            client.resource(labelled)
                    .edit(pod -> new PodBuilder(pod)
                            .editMetadata()
                            .removeFromLabels(PoolLabels.ROLE)
                            .endMetadata()
                            .build());
            Cluster.patiently().until(() -> sandboxToStranger.works() && strangerToSandbox.works());

            Node.stop(ENFORCER);
            assertThat(all).as("when nothing enforces policies again").allMatch(Connection::works);
        }
    }

    /** Those that work. They are tried at the same time, since each that does not work takes two seconds. */
    private static List<Connection> working(List<Connection> connections) {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<Boolean>> tries = connections.stream()
                    .map(each -> CompletableFuture.supplyAsync(each::works, threads))
                    .toList();
            return IntStream.range(0, tries.size())
                    .filter(i -> tries.get(i).join())
                    .mapToObj(connections::get)
                    .toList();
        }
    }

    /** The sandboxes that the runner made, unlike the pod that only has their labels. */
    private static List<Pod> made(TestPool pool) {
        return pool.sandboxes().stream()
                .filter(pod -> pod.getMetadata().getLabels().containsKey(PoolLabels.RUNNER))
                .toList();
    }

    private static List<String> names(List<Pod> pods) {
        return pods.stream().map(pod -> pod.getMetadata().getName()).toList();
    }

    /** One that does nothing, and of which Sandpool knows nothing: no runner made it, and the sweep looks at those of Sandpool only. */
    private Pod pod(String namespace, Map<String, String> labels) {
        Pod made = client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withGenerateName("plain-")
                        .withNamespace(namespace)
                        .withLabels(labels)
                        .endMetadata()
                        .withNewSpec()
                        .withAutomountServiceAccountToken(false)
                        .withNewSecurityContext()
                        .withRunAsNonRoot(true)
                        .withRunAsUser(65532L)
                        .withNewSeccompProfile()
                        .withType("RuntimeDefault")
                        .endSeccompProfile()
                        .endSecurityContext()
                        .addNewContainer()
                        .withName("pause")
                        .withImage("localhost/sandpool-pause:dev")
                        .withImagePullPolicy("Never")
                        .withNewSecurityContext()
                        .withAllowPrivilegeEscalation(false)
                        .withNewCapabilities()
                        .withDrop("ALL")
                        .endCapabilities()
                        .endSecurityContext()
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
        pods.add(made);
        return client.resource(made)
                .waitUntilCondition(
                        now -> now != null && "Running".equals(now.getStatus().getPhase()), 60, TimeUnit.SECONDS);
    }
}
