package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.e2e.PodVariants.Variant;
import dev.sandpool.e2e.TakenOverRunner.Answer;
import dev.sandpool.e2e.cluster.Cluster;
import dev.sandpool.e2e.cluster.TestPool;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * A runner that was taken over makes sandboxes of its pool and no other pod, whatever field it sets: each one that the API server's own schema
 * has is tried, so that one of a later Kubernetes is, too. Pods are asked for as a dry run.
 */
@Order(5)
class SandboxShapeIT {
    /** Fields of a pod or its container of which no change that was tried reached a policy, each with who refuses it before. */
    private static final Map<String, String> REFUSED_BEFORE = Map.ofEntries(
            Map.entry("spec.containers", "validation: there must be one, and a second needs more than a name"),
            Map.entry("spec.containers[].resizePolicy", "validation: not with restartPolicy Never"),
            Map.entry("spec.containers[].restartPolicyRules", "validation: needs a restartPolicy of the container"),
            Map.entry("spec.containers[].securityContext", "PodSecurity: left out"),
            Map.entry("spec.containers[].volumeDevices", "validation: there is no such volume"),
            Map.entry("spec.containers[].volumeMounts", "validation: there is no such volume"),
            Map.entry("spec.dnsConfig", "validation: dnsPolicy None needs it"),
            Map.entry("spec.ephemeralContainers", "validation: not at creation"),
            Map.entry("spec.initContainers", "PodSecurity, or validation: an image is missing"),
            Map.entry("spec.overhead", "the admission plugin RuntimeClass"),
            Map.entry("spec.preemptionPolicy", "the admission plugin Priority"),
            Map.entry("spec.priority", "the admission plugin Priority"),
            Map.entry("spec.securityContext", "PodSecurity: left out"));

    /** Made; not valid; forbidden by PodSecurity or a plugin; refused by a policy. */
    private static final Set<Integer> JUDGEMENTS = Set.of(200, 400, 403, 422);

    private static final Pattern FIELD_OF_POD_OR_CONTAINER =
            Pattern.compile("(metadata|spec|spec\\.containers\\[])\\.[a-zA-Z]+");

    // Everything that a pool may say about its sandboxes, a RuntimeClass and a PriorityClass that add to them, and no
    // PodSecurity that would
    // refuse things before the policies do.
    private static final String NAMESPACE = "sandpool-e2e-shapes";
    private static final String ALL_THAT_A_POOL_CAN_SAY = """
            apiVersion: node.k8s.io/v1
            kind: RuntimeClass
            metadata: {name: sandpool-e2e-shapes}
            handler: runsc
            overhead: {podFixed: {cpu: 1m, memory: 1Mi}}
            scheduling:
              nodeSelector: {kubernetes.io/os: linux}
              tolerations:
              - {key: example.org/class, operator: Exists, effect: NoSchedule}
            ---
            apiVersion: scheduling.k8s.io/v1
            kind: PriorityClass
            metadata: {name: sandpool-e2e-shapes}
            value: 7
            preemptionPolicy: Never
            ---
            apiVersion: v1
            kind: Namespace
            metadata:
              name: sandpool-e2e-shapes
              annotations: {openshift.io/sa.scc.uid-range: 1000660000/10000}
            ---
            apiVersion: sandpool.dev/v1alpha1
            kind: SandboxPool
            metadata: {name: shapes, namespace: sandpool-e2e-shapes}
            spec:
              image: IMAGE
              imagePullSecrets: [{name: any}]
              runtimeClassName: sandpool-e2e-shapes
              runAsUser: FromNamespace
              runner: {runtimeClassName: ""}
              warm: {min: 1, max: 1}
              workers: 1
              sandbox:
                labels: {example.org/label: any}
                annotations: {example.org/annotation: any}
                nodeSelector: {kubernetes.io/arch: amd64, kubernetes.io/os: linux}
                tolerations:
                - {key: example.org/class, operator: Exists, effect: NoSchedule}
                - {key: example.org/pool, operator: Exists, effect: NoSchedule}
                - {key: example.org/value, value: any, effect: NoExecute, tolerationSeconds: 5}
                priorityClassName: sandpool-e2e-shapes
                affinity:
                  nodeAffinity:
                    requiredDuringSchedulingIgnoredDuringExecution:
                      nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/os, operator: In, values: [linux]}]}]
                  podAntiAffinity:
                    preferredDuringSchedulingIgnoredDuringExecution:
                    - weight: 1
                      podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {any: any}}}
                topologySpreadConstraints:
                - maxSkew: 1
                  topologyKey: kubernetes.io/hostname
                  whenUnsatisfiable: ScheduleAnyway
                  labelSelector: {matchLabels: {any: any}}
                resources: {requests: {cpu: 6m, memory: 65Mi, ephemeral-storage: 1Mi}}
            """;

    /** What a cluster that gives a namespace its users may write into a pod which leaves that to it. */
    private static final Set<String> GIVEN_WITH_THE_USER = Set.of("spec.containers[].securityContext.runAsNonRoot");

    private final ObjectMapper json = new ObjectMapper();

    record Outcome(Variant variant, Answer answer) {}

    @Test
    void noFieldOfAnOrdinaryPoolsSandboxMayBeAnother() {
        try (Cluster cluster = new Cluster();
                TakenOverRunner runner = new TakenOverRunner(cluster.client(), cluster.runner())) {
            allOthersAreRefused(cluster.client(), runner, cluster.pool(), Set.of());
        }
    }

    @Test
    void noFieldMayBeAnotherWhereThePoolSaysAllThatItCan() {
        try (Cluster cluster = new Cluster()) {
            KubernetesClient client = cluster.client();
            List<HasMetadata> objects = client.load(new ByteArrayInputStream(ALL_THAT_A_POOL_CAN_SAY
                            .replace("IMAGE", cluster.pool().getSpec().image())
                            .getBytes(StandardCharsets.UTF_8)))
                    .items();
            try {
                objects.forEach(object -> client.resource(object).serverSideApply());
                // Ready with a sandbox, which has been let through.
                TestPool.patiently().until(() -> warm(client) == 1);
                Pod pod = client.pods()
                        .inNamespace(NAMESPACE)
                        .withLabel(PoolLabels.ROLE, PoolLabels.ROLE_RUNNER)
                        .list()
                        .getItems()
                        .getFirst();
                try (TakenOverRunner runner = new TakenOverRunner(client, pod)) {
                    allOthersAreRefused(client, runner, pool(client), GIVEN_WITH_THE_USER);
                }
            } finally {
                objects.reversed().forEach(object -> client.resource(object).delete());
                TestPool.patiently()
                        .until(() -> client.namespaces().withName(NAMESPACE).get() == null);
            }
        }
    }

    /** Its sandboxes need not start: what a runner may ask for is all that counts. */
    @Test
    void noFieldMayBeAnotherWhereGvisorIsEmbedded() {
        for (String profile : List.of("{type: Unconfined}", "{localhostProfile: any/profile.json}")) {
            try (TestPool pool = TestPool.appliedWhereAllIsAllowed(
                    "shapes-embedded",
                    "isolation: Embedded, embedded: {seccompProfile: " + profile
                            + "}, warm: {min: 1, max: 1}, workers: 1")) {
                TestPool.patiently()
                        .until(() ->
                                pool.runners().size() == 1 && !pool.revision().isEmpty());
                Pod pod = pool.runners().getFirst();
                try (TakenOverRunner runner = new TakenOverRunner(pool.client(), pod)) {
                    Pod sandbox = runner.sandbox(pool.revision());
                    assertThat(sandbox.getSpec().getRuntimeClassName()).isNull();
                    allOthersAreRefused(pool.client(), runner, pool.now(), Set.of());
                }
            }
        }
    }

    private static SandboxPool pool(KubernetesClient client) {
        return client.resources(SandboxPool.class)
                .inNamespace(NAMESPACE)
                .withName("shapes")
                .require();
    }

    private static int warm(KubernetesClient client) {
        return Objects.requireNonNullElse(pool(client).getStatus().warm(), 0);
    }

    private void allOthersAreRefused(
            KubernetesClient admin, TakenOverRunner runner, SandboxPool pool, Set<String> given) {
        Pod sandbox = runner.sandbox(Objects.requireNonNull(pool.getStatus().revision()));
        ObjectNode pod = json.valueToTree(sandbox);
        Answer asItIs = runner.create(pod);
        assertThat(asItIs.code()).as(asItIs.body()).isEqualTo(200);
        List<Variant> variants = PodVariants.of(read(admin.raw("/openapi/v3/api/v1")), pod);
        assertThat(variants).hasSizeGreaterThan(1000);

        List<Outcome> outcomes = variants.parallelStream()
                .map(variant -> new Outcome(variant, judged(runner, variant.pod())))
                .toList();

        assertThat(outcomes)
                .filteredOn(each -> !JUDGEMENTS.contains(each.answer.code()))
                .isEmpty();
        assertThat(outcomes)
                .filteredOn(each -> each.answer.code() == 200
                        && !isTheSame(each.answer, asItIs)
                        && !given.contains(each.variant.path()))
                .extracting(Outcome::variant)
                .isEmpty();
        // What is not valid for anybody says nothing about the policies: of each field, one change has to reach them.
        Set<String> judged = outcomes.stream()
                .filter(each -> each.answer.isRefusedByPolicy() || each.answer.code() == 200)
                .map(each -> each.variant.field())
                .collect(Collectors.toSet());
        assertThat(outcomes)
                .extracting(each -> each.variant.field())
                .filteredOn(field -> FIELD_OF_POD_OR_CONTAINER.matcher(field).matches() && !judged.contains(field))
                .isSubsetOf(REFUSED_BEFORE.keySet());
    }

    /** An API server that is overloaded or fails has refused nothing. */
    private static Answer judged(TakenOverRunner runner, JsonNode pod) {
        return TestPool.patiently()
                .pollDelay(Duration.ZERO)
                .until(
                        () -> runner.create(pod),
                        answer -> answer.code() != 0 && answer.code() != 429 && answer.code() < 500);
    }

    /** Whether the API server makes just the pod that it makes of an unchanged request. */
    private boolean isTheSame(Answer answer, Answer other) {
        return answer.code() == 200 && made(answer).equals(made(other));
    }

    private JsonNode made(Answer answer) {
        ObjectNode pod = (ObjectNode) read(answer.body());
        ((ObjectNode) pod.get("metadata")).remove(List.of("uid", "creationTimestamp", "managedFields"));
        return pod;
    }

    private JsonNode read(String text) {
        try {
            return json.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
