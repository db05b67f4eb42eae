package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Answer;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What happens to a pool in its life, under load where it has to bear it. Each test begins with the pool as it was made. */
@Order(2)
class PoolLifeIT {
    private static TestPool pool;

    private final byte[] hello = Programs.staticC("hello");

    private RunnerService service;

    @BeforeAll
    static void make() {
        pool = TestPool.made(
                "life", "workers: 2, warm: {min: 1, max: 2}, " + Load.NO_HURRY + ", " + TestPool.DEFAULT_RUNNER);
    }

    @BeforeEach
    void asItWasMade() {
        pool.restore();
        service = pool.service();
    }

    @AfterAll
    static void end() {
        pool.close();
    }

    @Test
    void aReadyPoolServesAndItsStatusTellsSo() {
        long before = pool.runs().total();

        assertThat(service.run(hello).stdout()).isEqualTo("hello\n");

        TestPool.patiently().until(() -> pool.runs().total() == before + 1 && pool.warm() == 2);
        assertThat(pool.status().ready()).isEqualTo("1/1");
        assertThat(pool.capacity()).isEqualTo(2);
        assertThat(pool.status().observedGeneration())
                .isEqualTo(pool.now().getMetadata().getGeneration());
        assertThat(pool.condition("SandboxesStartable").getStatus()).isEqualTo("True");
        assertThat(pool.condition("Degraded").getStatus()).isEqualTo("False");
        pool.awaitReason("Progressing", "UpToDate");
        assertThat(pool.events("Created")).hasSize(1);
    }

    @Test
    void workersAndWarmSandboxesFollowTheSpecWithoutARestart() {
        Set<String> runners = pool.runnerUids();

        pool.patch("{\"workers\": 3, \"warm\": {\"min\": 2, \"max\": 4}}");
        TestPool.patiently().until(() -> pool.capacity() == 3 && pool.warm() == 4);
        pool.patch("{\"workers\": 2, \"warm\": {\"min\": 2, \"max\": 2}}");
        TestPool.patiently().until(() -> pool.capacity() == 2 && pool.warm() == 2);

        TestPool.patiently().until(() -> pool.sandboxes().size() == 2);
        assertThat(pool.runnerUids()).isEqualTo(runners);
    }

    @Test
    void replicasScaleUpAndDownUnderLoadWithoutAFailedRequest() {
        try (Load load = new Load(service, 1)) {
            // As kubectl scale and an autoscaler do.
            pool.resource().scale(2);
            TestPool.patiently()
                    .until(() -> pool.ready().equals("2/2")
                            && pool.status().runners().size() == 2);
            pool.resource().scale(1);
            TestPool.patiently()
                    .until(() -> pool.ready().equals("1/1")
                            && pool.status().runners().size() == 1);
            TestPool.patiently().until(() -> pool.runners().size() == 1);

            assertThat(load.bad()).isEmpty();
        }
        assertThat(pool.events("Scaled")).contains("From 1 to 2 runners", "From 2 to 1 runner");
    }

    @Test
    void anAutoscalerReadsAndSetsTheNumberOfRunners() {
        var autoscaler = new HorizontalPodAutoscalerBuilder()
                .withNewMetadata()
                .withName(pool.name())
                .withNamespace(TestPool.NAMESPACE)
                .endMetadata()
                .withNewSpec()
                .withNewScaleTargetRef(SandboxPool.GROUP + "/" + SandboxPool.VERSION, SandboxPool.KIND, pool.name())
                .withMinReplicas(2)
                .withMaxReplicas(3)
                .endSpec()
                .build();
        var applied = pool.client().resource(autoscaler).serverSideApply();

        TestPool.patiently().until(() -> pool.ready().equals("2/2"));

        assertThat(pool.client().resource(applied).get().getStatus().getCurrentReplicas())
                .isPositive();
        pool.client().resource(applied).delete();
        pool.resource().scale(1);
        TestPool.patiently()
                .until(() -> pool.ready().equals("1/1") && pool.runners().size() == 1);
    }

    @Test
    void changedLimitsAreANewRevisionThatRunnersTakeUpWithoutARestart() {
        Set<String> runners = pool.runnerUids();
        String revision = pool.revision();

        pool.patch("{\"limits\": {\"runTimeout\": \"6s\"}}");
        pool.awaitRevisionAfter(revision);
        // A run that waits for a sandbox has less of its time for the program.
        TestPool.patiently().until(() -> pool.warm() == 2);

        Answer answer = service.runWhenReady(Programs.staticC("hang"));
        assertThat(answer.isTimedOut()).as("%s", answer).isTrue();
        assertThat(pool.runnerUids()).isEqualTo(runners);
        TestPool.patiently().until(() -> pool.runs().timedOut() == 1);
        assertThat(pool.sandboxes())
                .allSatisfy(pod -> assertThat(pod.getMetadata().getLabels())
                        .containsEntry("sandpool.dev/revision", pool.revision()));
    }

    @Test
    void anImageThatCannotBePulledIsHeldAndTheNextGoodOneRollsUnderLoadWithoutAFailedRequest() {
        Set<String> runners = pool.runnerUids();
        String image = pool.now().getSpec().image();
        String revision = pool.revision();
        Node.tagImage(image, "localhost/sandpool-sandbox:e2e-next");
        try (Load load = new Load(service, 1)) {
            pool.patch("{\"image\": \"localhost/sandpool-sandbox:e2e-missing\"}");
            pool.awaitReason("SandboxesStartable", "ImagePull");
            Condition startable = pool.condition("SandboxesStartable");
            assertThat(startable.getStatus()).isEqualTo("False");
            assertThat(startable.getMessage()).contains("localhost/sandpool-sandbox:e2e-missing");
            pool.awaitReason("Progressing", "RevisionHeld");
            assertThat(pool.status().stableRevision()).isEqualTo(revision);
            assertThat(pool.condition("Ready").getStatus()).isEqualTo("True");
            int good = load.good();
            TestPool.patiently().until(() -> load.good() > good + 5);

            pool.patch("{\"image\": \"localhost/sandpool-sandbox:e2e-next\"}");
            pool.awaitRevisionAfter(revision);
            pool.await("SandboxesStartable", "True");

            assertThat(load.bad()).isEmpty();
        }
        assertThat(pool.events("SandboxesNotStartable")).hasSize(1);
        assertThat(pool.runnerUids()).isEqualTo(runners);
        TestPool.patiently()
                .until(() -> pool.client()
                                .resources(PodTemplate.class)
                                .inNamespace(TestPool.NAMESPACE)
                                .withLabel(PoolLabels.POOL, pool.name())
                                .list()
                                .getItems()
                                .size()
                        == 1);
    }

    @Test
    void changedRunnersRollUnderLoadWithoutAFailedRequest() {
        Set<String> before = pool.runnerUids();
        try (Load load = new Load(service, 2)) {
            pool.patch("{\"runner\": {\"resources\": {\"requests\": {\"cpu\": \"90m\", \"memory\": \"256Mi\"},"
                    + " \"limits\": {\"memory\": \"512Mi\"}}}}");
            TestPool.patiently()
                    .until(() -> pool.runnerUids().size() == 1
                            && !pool.runnerUids().equals(before)
                            && pool.condition("Ready").getStatus().equals("True"));
            // The one before has drained and is gone; its connections were told to go elsewhere.
            assertThat(load.bad()).isEmpty();
        }
        long total = pool.runs().total();
        assertThat(service.run(hello).stdout()).isEqualTo("hello\n");
        TestPool.patiently().until(() -> pool.runs().total() > total);
    }

    @Test
    void manualChangesOfObjectsAreReverted() {
        TamperedObjects objects = TamperedObjects.of(pool);

        objects.tamper();

        TestPool.patiently().untilAsserted(objects::assertReverted);
        TestPool.patiently().until(() -> pool.ready().equals("1/1") && pool.warm() == 2);
    }

    @Test
    void aPodWithThePoolsLabelsThatNoRunnerMadeIsNotAdoptedAndIsSwept() {
        Pod ours = pool.sandboxes().getFirst();
        Pod stray = new PodBuilder()
                .withNewMetadata()
                .withName("life-sandbox-byhand")
                .withNamespace(TestPool.NAMESPACE)
                .withLabels(ours.getMetadata().getLabels())
                .endMetadata()
                .withNewSpecLike(ours.getSpec())
                .withNodeName(null)
                .withServiceAccountName("life-sandbox")
                .endSpec()
                .build();
        long before = pool.leaksCleaned();
        pool.client().resource(stray).create();

        TestPool.patiently()
                .until(() -> pool.client()
                                .pods()
                                .inNamespace(TestPool.NAMESPACE)
                                .withName("life-sandbox-byhand")
                                .get()
                        == null);

        TestPool.patiently().until(() -> pool.leaksCleaned() == before + 1);
        assertThat(pool.events("LeakedSandboxDeleted")).anyMatch(note -> note.contains("life-sandbox-byhand"));
        assertThat(pool.warm()).isEqualTo(2);
    }

    @Test
    void aPausedPoolServesOnAndItsChangesWait() {
        pool.patch("{\"paused\": true}");
        pool.awaitReason("Progressing", "Paused");
        pool.patch("{\"workers\": 1}");

        Awaitility.await()
                .during(Duration.ofSeconds(4))
                .atMost(Duration.ofSeconds(30))
                .until(() -> pool.capacity() == 2);
        assertThat(service.run(hello).stdout()).isEqualTo("hello\n");

        pool.patch("{\"paused\": false}");
        TestPool.patiently().until(() -> pool.capacity() == 1);
        pool.patch("{\"workers\": 2}");
        TestPool.patiently().until(() -> pool.capacity() == 2);
    }

    @Test
    void nothingIsLeftOfAPoolThatIsDeleted() {
        SandboxPool last = pool.now();
        assertThat(OwnedObjects.of(pool.client(), last)).isNotEmpty();

        pool.resource().delete();

        TestPool.patiently()
                .untilAsserted(
                        () -> assertThat(OwnedObjects.of(pool.client(), last)).isEqualTo(List.of()));
    }
}
