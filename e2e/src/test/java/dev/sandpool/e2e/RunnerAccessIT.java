package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.PoolNames;
import dev.sandpool.e2e.TakenOverRunner.Answer;
import dev.sandpool.e2e.cluster.Cluster;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What somebody could do who has taken over a runner: with the token of its pod, touch its own sandboxes and its own entry in the status. Which
 * pods it may make, {@link SandboxShapeIT} tries field by field.
 */
class RunnerAccessIT {
    // What a runner is for; all else that a pod can be asked is tried below.
    private static final Set<String> ALLOWED =
            Set.of("pods list", "pods watch", "pods create", "pods delete", "pods/attach get", "pods/attach create");

    private final Cluster cluster = new Cluster();
    private final TakenOverRunner runner = new TakenOverRunner(cluster.client(), cluster.runner());

    private final String namespace = "/api/v1/namespaces/" + Cluster.NAMESPACE;
    private final String status = "/apis/sandpool.dev/v1alpha1/namespaces/" + Cluster.NAMESPACE + "/sandboxpools/"
            + Cluster.POOL + "/status?dryRun=All";
    // Of the same namespace, and anybody's.
    private Pod bystander = new Pod();

    @BeforeEach
    void aBystanderIsThere() {
        bystander = cluster.client().resource(bystander()).create();
    }

    @AfterEach
    void ends() {
        cluster.client().resource(bystander).withGracePeriod(0).delete();
        runner.close();
        cluster.close();
    }

    /** Of the shape of a sandbox, but for its name and its owner; it need not run to be attached to or deleted. */
    private Pod bystander() {
        return new PodBuilder(runner.sandbox(revision()))
                .editMetadata()
                .withName(null)
                .withGenerateName(Cluster.POOL + "-sandbox-")
                .withLabels(Map.of("app", "bystander"))
                .withOwnerReferences(List.of())
                .endMetadata()
                .build();
    }

    private String revision() {
        return Objects.requireNonNull(cluster.pool().getStatus().revision());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/namespaces/sandpool/secrets",
                "/api/v1/namespaces/kube-system/secrets",
                "/api/v1/namespaces/sandpool/configmaps/kube-root-ca.crt",
                "/api/v1/namespaces/sandpool/podtemplates",
                "/api/v1/namespaces/sandpool/events",
                "/api/v1/namespaces/sandpool-system/pods",
                "/api/v1/nodes",
                "/apis/apps/v1/namespaces/sandpool/deployments",
                "/apis/rbac.authorization.k8s.io/v1/namespaces/sandpool/roles"
            })
    void nothingOfOthersMayBeRead(String path) {
        assertThat(runner.ask(path, "GET", "").code()).isEqualTo(403);
    }

    @Test
    void noEventIsMade() {
        for (String path : List.of(namespace, "/apis/events.k8s.io/v1/namespaces/" + Cluster.NAMESPACE)) {
            assertThat(runner.ask(path + "/events?dryRun=All", "POST", Map.of()).code())
                    .isEqualTo(403);
        }
    }

    /** Each verb that there is for pods, and for each of their subresources: what is not for a runner, its Role does not give. */
    @Test
    void whatElseThereIsToDoWithPodsIsNotForARunner() throws Exception {
        JsonNode resources =
                new ObjectMapper().readTree(cluster.client().raw("/api/v1")).get("resources");
        int asked = 0;
        for (JsonNode resource : resources) {
            String name = resource.get("name").asText();
            if (!name.equals("pods") && !name.startsWith("pods/")) {
                continue;
            }
            for (String verb :
                    List.of("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")) {
                asked++;
                assertThat(may(name, verb)).as(name + " " + verb).isEqualTo(ALLOWED.contains(name + " " + verb));
            }
        }
        assertThat(asked).isGreaterThan(50);
    }

    private boolean may(String resource, String verb) throws Exception {
        String[] parts = resource.split("/", -1);
        Map<String, String> attributes = Map.of(
                "namespace",
                Cluster.NAMESPACE,
                "resource",
                parts[0],
                "subresource",
                parts.length > 1 ? parts[1] : "",
                "verb",
                verb);
        Answer answer = runner.ask(
                "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                "POST",
                Map.of(
                        "apiVersion", "authorization.k8s.io/v1",
                        "kind", "SelfSubjectAccessReview",
                        "spec", Map.of("resourceAttributes", attributes)));
        assertThat(answer.code()).as(answer.body()).isEqualTo(200);
        return new ObjectMapper()
                .readTree(answer.body())
                .get("status")
                .get("allowed")
                .asBoolean();
    }

    /** Without an upgrade, what is let through is answered by 400: admission comes before. */
    @Test
    void aRunnerAttachesToItsOwnSandboxesOnly() {
        Pod own = ownSandbox();

        assertThat(attach(own).code()).isEqualTo(400);
        for (Pod other : List.of(bystander, cluster.runner())) {
            assertThat(attach(other).isRefusedByPolicy())
                    .as(other.getMetadata().getName())
                    .isTrue();
        }
        String ofAnotherRunner = PoolNames.sandboxPrefix(Cluster.POOL, "other") + "x".repeat(PoolNames.SANDBOX_LETTERS);
        String ofAnotherPool = PoolNames.sandboxPrefix(Cluster.POOL, runner.name()) + "sandbox-other-xxxxxxxx";
        for (String name : List.of(ofAnotherRunner, ofAnotherPool)) {
            assertThat(runner.ask(runner.path(name) + "/attach", "GET", "").isRefusedByPolicy())
                    .as(name)
                    .isTrue();
        }
    }

    private Answer attach(Pod pod) {
        Answer get = runner.ask(runner.path(pod.getMetadata().getName()) + "/attach?stdin=true", "GET", "");
        Answer post = runner.ask(runner.path(pod.getMetadata().getName()) + "/attach?stdin=true", "POST", "");
        assertThat(post.code()).isEqualTo(get.code());
        return get;
    }

    @Test
    void aRunnerDeletesItsOwnSandboxesOnly() {
        assertThat(delete(ownSandbox()).code()).isEqualTo(200);
        for (Pod other : List.of(bystander, cluster.runner())) {
            assertThat(delete(other).isRefusedByPolicy())
                    .as(other.getMetadata().getName())
                    .isTrue();
        }
    }

    private Answer delete(Pod pod) {
        return runner.ask(runner.path(pod.getMetadata().getName()) + "?dryRun=All", "DELETE", Map.of());
    }

    private Pod ownSandbox() {
        cluster.awaitWarm(1);
        return cluster.sandboxes().stream()
                .filter(pod ->
                        runner.name().equals(pod.getMetadata().getLabels().get(PoolLabels.RUNNER)))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aRunnerWritesItsOwnEntryInTheStatusOnly() {
        String own =
                "{\"status\":{\"runners\":[{\"name\":\"%s\",\"life\":\"x\",\"lifeSince\":\"x\",\"warm\":7,\"warmOfRevision\":7,"
                        + "\"warmWanted\":7,\"kept\":0,\"running\":0,\"starting\":0,\"queued\":0,\"capacity\":1,"
                        + "\"runs\":{\"total\":0,\"failed\":0,\"timedOut\":0}}]}}";

        assertThat(runner.patch(status, own.formatted(runner.name())).code()).isEqualTo(200);
        for (String patch : List.of(
                own.formatted("other"),
                "{\"status\":{\"warm\":7}}",
                "{\"status\":{\"stableRevision\":null}}",
                "{\"status\":null}")) {
            Answer answer = runner.patch(status, patch);
            assertThat(answer.isRefusedByPolicy()).as(patch + ": " + answer).isTrue();
        }
    }

    /** A token that is bound to no pod is not a runner's. */
    @Test
    void aTokenThatSaysNoPodMayDoNothing() {
        Pod own = ownSandbox();
        try (TakenOverRunner unbound = TakenOverRunner.unbound(cluster.client(), cluster.runner())) {
            String path = unbound.path(own.getMetadata().getName());
            assertThat(unbound.create(unbound.sandbox(revision())).isRefusedByPolicy())
                    .isTrue();
            assertThat(unbound.ask(path + "/attach", "GET", "").isRefusedByPolicy())
                    .isTrue();
            assertThat(unbound.ask(path + "?dryRun=All", "DELETE", Map.of()).isRefusedByPolicy())
                    .isTrue();
            assertThat(unbound.patch(status, "{\"status\":{\"warm\":7}}").isRefusedByPolicy())
                    .isTrue();
        }
    }

    /** A change of the sandbox that the operator wrote, and a part of the answer, whichever policy it is of. */
    record Shape(String name, Consumer<Pod> change, String refusal) {
        @Override
        public String toString() {
            return name;
        }
    }

    @ParameterizedTest
    @MethodSource
    void aRefusalSaysTheFieldAndTheRule(Shape shape) {
        Pod pod = runner.sandbox(revision());
        shape.change.accept(pod);

        Answer answer = runner.create(pod);

        assertThat(answer.isRefusedByPolicy()).as(answer.toString()).isTrue();
        assertThat(answer.body()).containsPattern(shape.refusal);
    }

    static List<Shape> aRefusalSaysTheFieldAndTheRule() {
        return List.of(
                new Shape(
                        "a finalizer",
                        pod -> pod.getMetadata().setFinalizers(List.of("example.org/x")),
                        "metadata.finalizers"),
                new Shape(
                        "a foreign label",
                        pod -> pod.getMetadata().getLabels().put("app", "other"),
                        "in the labels app"),
                new Shape(
                        "another pool",
                        pod -> pod.getMetadata().getLabels().put(PoolLabels.POOL, "other"),
                        "sandpool.dev/pool"),
                new Shape(
                        "no revision",
                        pod -> pod.getMetadata().getLabels().put(PoolLabels.REVISION, "0123456789"),
                        "has no revision 0123456789"),
                new Shape(
                        "another owner",
                        pod -> pod.getMetadata().getOwnerReferences().getFirst().setName("other"),
                        "exactly one owner"),
                new Shape("another name", pod -> pod.getMetadata().setName("other"), "the name of a sandbox"),
                new Shape(
                        "another root for gVisor",
                        pod -> pod.getMetadata().getAnnotations().put("dev.gvisor.spec.rootfs.source", "/etc"),
                        "annotation"),
                new Shape(
                        "any toleration",
                        pod -> pod.getSpec()
                                .setTolerations(List.of(new TolerationBuilder()
                                        .withOperator("Exists")
                                        .build())),
                        "spec.tolerations"),
                new Shape(
                        "the nodes' own priority",
                        pod -> pod.getSpec().setPriorityClassName("system-node-critical"),
                        "PriorityClass system-node-critical"),
                new Shape(
                        "a node's label",
                        pod -> pod.getSpec().setNodeSelector(Map.of("kubernetes.io/os", "linux")),
                        "spec.nodeSelector"),
                new Shape(
                        "no limits",
                        pod -> pod.getSpec().getContainers().getFirst().setResources(null),
                        "spec.containers|limits of cpu"),
                new Shape(
                        "another image",
                        pod -> pod.getSpec().getContainers().getFirst().setImage("localhost/other:dev"),
                        "spec.containers|does not use the image"),
                new Shape(
                        "group 0", pod -> pod.getSpec().getSecurityContext().setRunAsGroup(0L), "spec.securityContext"),
                new Shape(
                        "for ever", pod -> pod.getSpec().setActiveDeadlineSeconds(null), "spec.activeDeadlineSeconds"));
    }
}
