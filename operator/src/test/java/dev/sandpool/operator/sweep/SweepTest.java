package dev.sandpool.operator.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.crds.SandboxPool;
import dev.sandpool.operator.MockCluster;
import dev.sandpool.operator.Samples;
import dev.sandpool.operator.cluster.EventRecorder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeListBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SweepTest {
    private static final ResourceID POOL = new ResourceID(Samples.POOL, Samples.NAMESPACE);
    private static final String PODS = "/api/v1/namespaces/play/pods/";

    // The mock server says itself when something was made, and that is past its grace period.
    private final Instant later = Instant.now().plusSeconds(600);

    private final MockCluster cluster = new MockCluster();
    private final Pod runner = there(Samples.runner("runner-1"));
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Leaks leaks = new Leaks();
    private final SandboxPool pool = Samples.pool("");
    private final HastyTimer timer = new HastyTimer();
    private final Sweep sweep = new Sweep(
            cluster.client(),
            Set.of(Samples.NAMESPACE),
            leaks,
            new EventRecorder(cluster.client(), "operator-1", () -> later),
            new SweepMetrics(registry),
            () -> later,
            timer);

    @BeforeEach
    void theClusterHasAPoolARunnerAndANode() {
        leaks.watch(() -> Stream.of(pool));
        var _ = cluster.client()
                .resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("node")
                        .endMetadata()
                        .build())
                .create();
    }

    @AfterEach
    void close() {
        sweep.close();
        cluster.close();
    }

    @Test
    void whatNobodyWantsIsDeletedAndToldAndAllElseStays() {
        there(sandbox("wanted"));
        there(sandbox("orphan").editMetadata().withOwnerReferences().endMetadata());
        there(sandbox("lost").editSpec().withNodeName("another").endSpec());

        sweep();

        assertThat(pods()).containsExactlyInAnyOrder("runner-1", "wanted");
        assertThat(leaks.uncounted(POOL)).isEqualTo(2);
        assertThat(swept("not_made_by_a_runner")).isEqualTo(1);
        assertThat(swept("node_gone")).isEqualTo(1);
        assertThat(gauge("sandpool.unwanted.sandboxes")).isEqualTo(2);
        assertThat(gauge("sandpool.sweep.last.timestamp")).isEqualTo((double) later.getEpochSecond());
        assertThat(events())
                .extracting(Event::getReason, Event::getNote)
                .allSatisfy(event -> assertThat(event.toList().getFirst()).isEqualTo("LeakedSandboxDeleted"))
                .extracting(event -> event.toList().getLast())
                .containsExactlyInAnyOrder(
                        "Deleted sandbox orphan: no runner is named in it as its owner",
                        "Deleted sandbox lost: there is no node another");
    }

    @Test
    void itIsThatVeryPodWhichIsDeletedAndAtOnce() {
        Pod orphan =
                there(sandbox("orphan").editMetadata().withOwnerReferences().endMetadata());

        sweep();

        assertThat(cluster.requests("DELETE")).singleElement().satisfies(request -> {
            assertThat(request.path()).isEqualTo(PODS + "orphan");
            assertThat(request.body())
                    .contains("\"uid\":\"" + orphan.getMetadata().getUid() + "\"", "\"gracePeriodSeconds\":0");
        });
    }

    @Test
    void aRunnerThatOnlyTheCacheMissesIsNotGone() {
        // Without its labels the watch does not see it.
        Pod unseen =
                there(Samples.runner("runner-2").editMetadata().withLabels(null).endMetadata());
        there(ownedBy(unseen, "kept"));

        sweep();

        assertThat(pods()).contains("kept");
        assertThat(leaks.uncounted(POOL)).isZero();
    }

    @Test
    void anotherPodOfTheRunnersNameDoesNotKeepItsSandboxes() {
        there(sandbox("orphan")
                .editMetadata()
                .editFirstOwnerReference()
                .withUid("of-the-pod-before")
                .endOwnerReference()
                .endMetadata());

        sweep();

        assertThat(pods()).containsExactly("runner-1");
        assertThat(swept("runner_gone")).isEqualTo(1);
    }

    @Test
    void aPoolThatOnlyTheCacheMissesIsNotGone() {
        var _ = cluster.client().resource(pool).create();
        leaks.watch(Stream::empty);
        there(sandbox("kept"));

        sweep();

        assertThat(pods()).contains("kept");
    }

    @Test
    void ofAPoolThatIsGoneNothingIsRemembered() {
        leaks.watch(Stream::empty);
        var _ = cluster.client().resource(runner).delete();
        there(sandbox("orphan"));

        sweep();

        assertThat(pods()).isEmpty();
        assertThat(swept("pool_gone")).isEqualTo(1);
        assertThat(leaks.uncounted(POOL)).isZero();
        assertThat(events()).isEmpty();
    }

    @Test
    void oneThatCannotBeDeletedKeepsNoOtherFromBeingSwept() {
        for (String name : List.of("a", "b", "c", "d")) {
            there(sandbox(name).editMetadata().withOwnerReferences().endMetadata());
        }
        cluster.refuse("DELETE " + PODS + "b", 403);

        sweep();

        assertThat(pods()).containsExactlyInAnyOrder("runner-1", "b");
        assertThat(leaks.uncounted(POOL)).isEqualTo(3);
        assertThat(gauge("sandpool.unwanted.sandboxes")).isEqualTo(4);
    }

    @Test
    void oneThatSomebodyElseHasDeletedIsNotCounted() {
        for (String name : List.of("a", "b")) {
            there(sandbox(name).editMetadata().withOwnerReferences().endMetadata());
        }
        cluster.refuse("DELETE " + PODS + "a", 404);
        cluster.refuse("DELETE " + PODS + "b", 409);

        sweep();

        assertThat(leaks.uncounted(POOL)).isZero();
        assertThat(swept("not_made_by_a_runner")).isZero();
        assertThat(events()).isEmpty();
    }

    @Test
    void nonsenseThatARunnerTellsOfItselfKeepsItsOwnSandboxesOnly() {
        pool.setStatus(Samples.status("runners: [{name: runner-1, life: next, lifeSince: lately}]"));
        there(sandbox("kept"));
        there(sandbox("orphan").editMetadata().withOwnerReferences().endMetadata());

        sweep();

        assertThat(pods()).containsExactlyInAnyOrder("runner-1", "kept");
    }

    @Test
    void noNodeIsGoneWhenTheyCannotBeListed() {
        cluster.refuse("GET /api/v1/nodes?resourceVersion=0", 403);
        there(sandbox("kept").editSpec().withNodeName("another").endSpec());

        sweep();

        assertThat(pods()).contains("kept");
    }

    /** The cache of the API server that answers may be behind. */
    @Test
    void aNodeThatOnlyTheCacheMissesIsNotGone() {
        cluster.answer(
                "GET /api/v1/nodes?resourceVersion=0",
                new NodeListBuilder()
                        .addNewItem()
                        .withNewMetadata()
                        .withName("older")
                        .endMetadata()
                        .endItem()
                        .build());
        there(sandbox("kept"));
        there(sandbox("lost").editSpec().withNodeName("another").endSpec());

        sweep();

        assertThat(pods()).containsExactlyInAnyOrder("runner-1", "kept");
        assertThat(swept("node_gone")).isEqualTo(1);
    }

    @Test
    void whatDoesNotGoIsReportedByName() {
        for (String name : List.of("s2", "s1")) {
            Pod held = there(sandbox(name)
                    .editMetadata()
                    .withFinalizers("example.com/held")
                    .endMetadata());
            var _ = cluster.client().resource(held).delete();
        }

        sweep();

        assertThat(leaks.stuck(POOL)).containsExactly("s1", "s2");
        assertThat(gauge("sandpool.sandboxes.stuck.terminating")).isEqualTo(2);
        assertThat(leaks.uncounted(POOL)).isZero();
    }

    @Test
    void nothingIsSweptBeforeItIsKnownWhatThereIs() {
        there(sandbox("orphan").editMetadata().withOwnerReferences().endMetadata());

        sweep.sweepNow();

        assertThat(cluster.requests("DELETE")).isEmpty();
        assertThat(gauge("sandpool.sweep.last.timestamp")).isZero();
    }

    @Test
    void theEndOfARunnerBringsTheNextSweepForward() {
        there(sandbox("left"));
        sweep.start();
        await().until(sweep::isSynced);

        var _ = cluster.client().resource(runner).delete();

        // The pod is gone before the sweep has its answer, and counts it.
        await().untilAsserted(() -> assertThat(swept("runner_gone")).isEqualTo(1));
        assertThat(pods()).isEmpty();
        assertThat(timer.delays)
                .singleElement()
                .satisfies(delay -> assertThat(delay).isPositive().isLessThan(Sweep.EVERY));
    }

    private void sweep() {
        sweep.start();
        await().until(sweep::isSynced);
        sweep.sweepNow();
    }

    private Pod there(PodBuilder pod) {
        return cluster.client().resource(pod.build()).create();
    }

    private PodBuilder sandbox(String name) {
        return ownedBy(runner, name);
    }

    private static PodBuilder ownedBy(Pod runner, String name) {
        return new PodBuilder(Samples.sandbox(name)
                .editMetadata()
                .editFirstOwnerReference()
                .withName(runner.getMetadata().getName())
                .withUid(runner.getMetadata().getUid())
                .endOwnerReference()
                .endMetadata()
                .build());
    }

    private List<String> pods() {
        return cluster.client().pods().inNamespace(Samples.NAMESPACE).list().getItems().stream()
                .map(pod -> pod.getMetadata().getName())
                .toList();
    }

    private List<Event> events() {
        return cluster.client()
                .events()
                .v1()
                .events()
                .inNamespace(Samples.NAMESPACE)
                .list()
                .getItems();
    }

    private double swept(String reason) {
        return registry.get("sandpool.sandboxes.swept")
                .tag("reason", reason)
                .counter()
                .count();
    }

    private double gauge(String name) {
        return registry.get(name).gauge().value();
    }

    /** Does at once what is to be done once, and notes how long it was to wait. */
    private static final class HastyTimer extends ScheduledThreadPoolExecutor {
        private final Queue<Duration> delays = new ConcurrentLinkedQueue<>();

        HastyTimer() {
            super(1);
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
            delays.add(Duration.of(delay, unit.toChronoUnit()));
            return super.schedule(command, 0, unit);
        }
    }
}
