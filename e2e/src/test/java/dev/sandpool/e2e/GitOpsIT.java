package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.e2e.cluster.Cluster;
import dev.sandpool.e2e.cluster.TestPool;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pools as deployment tools have them: nothing that was not asked for looks like a change, and a schedule changes what it is for. */
class GitOpsIT {
    private static final Path SAMPLES = Path.of("..", "manifests", "samples");
    private static final String SERVER_SIDE = "sandpool-gitops-server-side";
    private static final String CLIENT_SIDE = "sandpool-gitops-client-side";
    private static final String SCHEDULED = "sandpool-gitops-scheduled";
    private static final String MANAGER = "sandpool-gitops-test";
    private static final Cluster CLUSTER = new Cluster();

    /** No pods may be created in them: these tests use no runner, and eleven pools of runners would take CPU time from other tests. */
    @BeforeAll
    static void namespacesOfTheirOwn() {
        for (String name : List.of(SERVER_SIDE, CLIENT_SIDE, SCHEDULED)) {
            CLUSTER.client()
                    .resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(name)
                            .endMetadata()
                            .build())
                    .serverSideApply();
            CLUSTER.client()
                    .resource(new ResourceQuotaBuilder()
                            .withNewMetadata()
                            .withName("no-pods")
                            .withNamespace(name)
                            .endMetadata()
                            .withNewSpec()
                            .addToHard("pods", new Quantity("0"))
                            .endSpec()
                            .build())
                    .serverSideApply();
        }
    }

    @AfterEach
    void noPoolStays() {
        for (String namespace : List.of(SERVER_SIDE, CLIENT_SIDE, SCHEDULED)) {
            CLUSTER.client().resources(SandboxPool.class).inNamespace(namespace).delete();
        }
    }

    @AfterAll
    static void ends() {
        for (String name : List.of(SERVER_SIDE, CLIENT_SIDE, SCHEDULED)) {
            CLUSTER.client().namespaces().withName(name).delete();
        }
        // The policy of the schedule is the only object that is in no namespace.
        Kubectl.call(
                "delete",
                "validatingadmissionpolicy,validatingadmissionpolicybinding",
                "smallest-schedule",
                "--ignore-not-found");
        CLUSTER.close();
    }

    static List<Path> pools() throws IOException {
        try (Stream<Path> files = Files.list(SAMPLES)) {
            return files.filter(file -> read(file).contains("kind: SandboxPool\nmetadata:"))
                    .sorted()
                    .toList();
        }
    }

    /** As Flux does it, and Argo CD with ServerSideApply. */
    @ParameterizedTest
    @MethodSource("pools")
    void whatWasAppliedOnTheServerHasNoDifferenceOnceTheOperatorHasSeenIt(Path sample) {
        String[] how = {"--server-side", "--field-manager=" + MANAGER};
        SandboxPool pool = applied(sample, SERVER_SIDE, how);

        assertNoDifference(sample, SERVER_SIDE, how);
        assertListsAreAsWritten(sample, SERVER_SIDE);
        assertThat(pool.getMetadata().getGeneration()).isEqualTo(1);
        assertThat(pool.getMetadata().getManagedFields())
                .filteredOn(
                        entry -> entry.getFieldsV1().getAdditionalProperties().containsKey("f:spec"))
                .extracting(ManagedFieldsEntry::getManager)
                .as("whoever writes the spec")
                .containsExactly(MANAGER);
    }

    /** As kubectl apply does it, and Argo CD unless told otherwise. */
    @ParameterizedTest
    @MethodSource("pools")
    void whatWasAppliedByTheClientHasNoDifferenceOnceTheOperatorHasSeenIt(Path sample) {
        SandboxPool pool = applied(sample, CLIENT_SIDE);

        assertNoDifference(sample, CLIENT_SIDE);
        assertThat(pool.getMetadata().getGeneration()).isEqualTo(1);
    }

    /** With the rights of its account, and no others. */
    @Test
    void theScheduleChangesTheWarmSandboxesAndNothingElse() {
        applied(SAMPLES.resolve("smallest.yaml"), SCHEDULED, "--server-side");
        Path schedule = SAMPLES.resolve("warm-by-the-clock.yaml");
        assertSucceeds(
                Kubectl.callWith(read(schedule), "apply", "--server-side", "--namespace=" + SCHEDULED, "--filename=-"));

        // The account's rights and the policy take effect a moment after they are written. Each image is another one:
        // to write what is there
        // already is no change.
        var tries = new AtomicInteger();
        TestPool.patiently()
                .until(() -> asTheSchedule(
                                "patch", "sandboxpool/smallest", "--type=merge", image(tries.incrementAndGet()))
                        .warnings()
                        .contains("a schedule changes spec.warm only"));
        String[] warmUp = arguments("smallest-warm-up");
        assertSucceeds(asTheSchedule(warmUp));
        SandboxPool pool = pool(SCHEDULED, "smallest");
        assertThat(pool.getSpec().warm().min()).isEqualTo(4);
        assertThat(pool.getSpec().warm().max()).isEqualTo(8);
        assertSucceeds(asTheSchedule(arguments("smallest-cool-down")));
        assertThat(pool(SCHEDULED, "smallest").getSpec().warm().max()).isEqualTo(2);

        assertThat(asTheSchedule("delete", "sandboxpool/smallest").warnings()).contains("forbidden");
        assertThat(asTheSchedule("get", "sandboxpools").warnings()).contains("forbidden");
        assertThat(asTheSchedule("patch", "sandboxpool/other", "--type=merge", warmUp[warmUp.length - 1])
                        .warnings())
                .contains("forbidden");
    }

    private static String image(int number) {
        return "--patch={\"spec\": {\"image\": \"other-%d\"}}".formatted(number);
    }

    private static Kubectl.Said asTheSchedule(String... words) {
        return Kubectl.call(Stream.concat(
                        Stream.of(words),
                        Stream.of(
                                "--namespace=" + SCHEDULED,
                                "--as=system:serviceaccount:" + SCHEDULED + ":smallest-schedule"))
                .toArray(String[]::new));
    }

    /** What a CronJob says to kubectl. */
    private static String[] arguments(String cronJob) {
        CronJob job = CLUSTER.client()
                .batch()
                .v1()
                .cronjobs()
                .inNamespace(SCHEDULED)
                .withName(cronJob)
                .require();
        var pod = job.getSpec().getJobTemplate().getSpec().getTemplate().getSpec();
        assertThat(pod.getServiceAccountName()).isEqualTo("smallest-schedule");
        return pod.getContainers().getFirst().getArgs().toArray(String[]::new);
    }

    /** Applies it, and waits until the operator has seen it and has told so. */
    private static SandboxPool applied(Path sample, String namespace, String... how) {
        assertSucceeds(kubectl(sample, namespace, "apply", how));
        String name = sample(sample).getMetadata().getName();
        TestPool.patiently().until(() -> {
            SandboxPool pool = pool(namespace, name);
            return pool.getStatus() != null
                    && Objects.equals(
                            pool.getStatus().observedGeneration(),
                            pool.getMetadata().getGeneration());
        });
        return pool(namespace, name);
    }

    /**
     * kubectl reads the pool, and then what applying would make of it. A status that the operator writes between the two is
     * a difference as well, but not at the next look; one in the spec stays.
     */
    private static void assertNoDifference(Path sample, String namespace, String... how) {
        TestPool.patiently().untilAsserted(() -> {
            Kubectl.Said said = kubectl(sample, namespace, "diff", how);
            assertThat(said.output()).isEmpty();
            assertThat(said.exitCode()).as(said.warnings()).isZero();
        });
    }

    /** Argo CD compares a list as a whole, so nothing may be added to what is within one. */
    private static void assertListsAreAsWritten(Path sample, String namespace) {
        GenericKubernetesResource written = sample(sample);
        ObjectMapper json = new ObjectMapper();
        JsonNode live = json.valueToTree(CLUSTER.client()
                .genericKubernetesResources(written.getApiVersion(), written.getKind())
                .inNamespace(namespace)
                .withName(written.getMetadata().getName())
                .require());
        JsonNode wanted = json.valueToTree(written);
        assertContains(live.path("spec"), wanted.path("spec"), "spec");
    }

    private static void assertContains(JsonNode live, JsonNode wanted, String path) {
        if (wanted.isObject()) {
            wanted.properties()
                    .forEach(field ->
                            assertContains(live.path(field.getKey()), field.getValue(), path + "." + field.getKey()));
        } else {
            assertThat(live).as(path).isEqualTo(wanted);
        }
    }

    private static SandboxPool pool(String namespace, String name) {
        return CLUSTER.client()
                .resources(SandboxPool.class)
                .inNamespace(namespace)
                .withName(name)
                .require();
    }

    private static Kubectl.Said kubectl(Path sample, String namespace, String verb, String... how) {
        return Kubectl.callWith(
                read(sample),
                Stream.concat(Stream.of(verb, "--namespace=" + namespace, "--filename=-"), Stream.of(how))
                        .toArray(String[]::new));
    }

    private static void assertSucceeds(Kubectl.Said said) {
        assertThat(said.exitCode()).as(said.warnings()).isZero();
    }

    private static GenericKubernetesResource sample(Path file) {
        return Serialization.unmarshal(read(file), GenericKubernetesResource.class);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
