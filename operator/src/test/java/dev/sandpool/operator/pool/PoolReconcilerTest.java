package dev.sandpool.operator.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.RunCounts;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.operator.MockCluster;
import dev.sandpool.operator.Samples;
import dev.sandpool.operator.TestingRunner;
import dev.sandpool.operator.cluster.EventRecorder;
import dev.sandpool.operator.objects.Runners;
import dev.sandpool.operator.sweep.Leaks;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ResourceOperations;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.Proxy;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a reconciliation writes for a pool that has changed since it was read. The pool's objects are observed by nobody. */
class PoolReconcilerTest {
    private static final String STATUS =
            "/apis/sandpool.dev/v1alpha1/namespaces/play/sandboxpools/go/status?fieldManager=sandpool-operator";

    private final MockCluster cluster = new MockCluster();
    private final List<String> applied = new ArrayList<>();
    private final List<SandboxPool> statuses = new ArrayList<>();
    private Runnable meanwhile = () -> {};

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void aPoolGetsItsObjectsAndAStatus() {
        SandboxPool pool = there(Samples.pool(""));

        reconcile(pool);

        assertThat(applied).contains("Service go", "ServiceAccount go-sandbox");
        assertThat(statuses).hasSize(1);
    }

    @Test
    void nothingIsWrittenForAPoolThatIsGone() {
        UpdateControl<SandboxPool> result = reconcile(Samples.pool(""));

        assertThat(applied).isEmpty();
        assertThat(statuses).isEmpty();
        assertThat(result.getScheduleDelay()).isPresent();
    }

    @Test
    void norWhereAnotherPoolHasItsName() {
        there(Samples.pool(""));
        SandboxPool earlier = Samples.pool("");
        earlier.getMetadata().setUid("uid-of-an-earlier-pool");

        reconcile(earlier);

        assertThat(applied).isEmpty();
        assertThat(statuses).isEmpty();
    }

    @Test
    void aPoolThatGoesWhileItsObjectsAreWrittenTakesNothingBackAndHasNoStatus() {
        SandboxPool pool = there(Samples.pool(""));
        Service restored = Runners.service(pool, false);
        restored.getMetadata().setOwnerReferences(List.of());
        var _ = cluster.client().resource(restored).create();
        meanwhile = () -> {
            var _ = cluster.client().resource(pool).delete();
        };

        reconcile(pool);

        assertThat(applied).contains("ServiceAccount go-sandbox").doesNotContain("Service go");
        assertThat(statuses).isEmpty();
    }

    @Test
    void aRestoredObjectIsTakenBackByThePoolThatIsThere() {
        SandboxPool pool = there(Samples.pool(""));
        Service restored = Runners.service(pool, false);
        restored.getMetadata().setOwnerReferences(List.of());
        var _ = cluster.client().resource(restored).create();

        reconcile(pool);

        assertThat(applied).contains("Service go");
    }

    /** Otherwise the next reconciliation would add the same runs again. */
    @Test
    void runsOfARunnerThatIsGoneAreAddedOnlyWhenItsEntryCouldBeRemoved() {
        SandboxPool pool = there(Samples.pool("paused: true"));
        var status = Samples.status("");
        pool.setStatus(status.with(
                List.of(TestingRunner.well("gone", "r").runs(7, 1, 0).entry()), List.of()));
        cluster.refuse("PATCH " + STATUS, 409);

        UpdateControl<SandboxPool> result = reconcile(pool);

        assertThat(statuses).singleElement().satisfies(written -> {
            assertThat(written.getStatus().runs()).isEqualTo(new RunCounts(7, 1, 0));
            assertThat(written.getStatus().retiredRuns()).isEqualTo(RunCounts.NONE);
        });
        assertThat(result.getScheduleDelay())
                .hasValueSatisfying(delay -> assertThat(delay).isLessThan(1000));
    }

    private SandboxPool there(SandboxPool pool) {
        return cluster.client().resource(pool).create();
    }

    private UpdateControl<SandboxPool> reconcile(SandboxPool pool) {
        InstantSource clock = () -> Samples.NOW;
        var reconciler = new PoolReconciler(
                () -> Samples.INSTALLATION,
                new Leaks(),
                new EventRecorder(cluster.client(), "operator-1", clock),
                new PoolMetrics(new SimpleMeterRegistry()),
                clock);
        return reconciler.reconcile(pool, context(pool));
    }

    @SuppressWarnings("unchecked")
    private Context<SandboxPool> context(SandboxPool pool) {
        return (Context<SandboxPool>) Proxy.newProxyInstance(
                Context.class.getClassLoader(),
                new Class<?>[] {Context.class},
                (context, method, _) -> switch (method.getName()) {
                    case "getClient" -> cluster.client();
                    case "getPrimaryResource" -> pool;
                    case "getSecondaryResource", "getRetryInfo" -> Optional.empty();
                    case "getSecondaryResources" -> Set.of();
                    case "getSecondaryResourcesAsStream" -> Stream.empty();
                    case "resourceOperations" -> new Recorded((Context<SandboxPool>) context);
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    /** Writes nothing, because the mock server knows no server-side apply. */
    private final class Recorded extends ResourceOperations<SandboxPool> {
        Recorded(Context<SandboxPool> context) {
            super(context);
        }

        @Override
        public <R extends HasMetadata> R serverSideApply(R object) {
            applied.add(object.getKind() + " " + object.getMetadata().getName());
            meanwhile.run();
            return object;
        }

        @Override
        public SandboxPool serverSideApplyPrimaryStatus(SandboxPool pool) {
            statuses.add(pool);
            return pool;
        }
    }
}
