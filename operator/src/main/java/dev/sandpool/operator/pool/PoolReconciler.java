package dev.sandpool.operator.pool;

import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import dev.sandpool.operator.cluster.EventRecorder;
import dev.sandpool.operator.cluster.Pods;
import dev.sandpool.operator.cluster.Refusal;
import dev.sandpool.operator.objects.Installation;
import dev.sandpool.operator.plan.ObservedPool;
import dev.sandpool.operator.plan.PoolConditions;
import dev.sandpool.operator.plan.PoolPlan;
import dev.sandpool.operator.sweep.Leaks;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.ErrorStatusUpdateControl;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Observes a pool, plans, and has the plan written by {@link PoolWriter}. Each reconciliation inspects everything,
 * whatever caused it, and writes only what differs.
 */
@ControllerConfiguration(name = PoolReconciler.NAME)
public final class PoolReconciler implements Reconciler<SandboxPool> {
    static final String NAME = "sandboxpools";

    private static final Logger LOG = LoggerFactory.getLogger(PoolReconciler.class);

    // The interval for what only time changes, for example how long a runner has not been ready.
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);
    // The pause before work that waits for an object to be observed: the operator gets no event for its own writes. It
    // is longer than the delay of a watch.
    private static final Duration REST = Duration.ofMillis(200);
    // The interval for pools without problems: changes come by watches, and events missed by a broken watch come when
    // it is restarted.
    private static final Duration SETTLED_LOOK_AGAIN = Duration.ofMinutes(10);

    private final Supplier<Installation> installation;
    private final Leaks leaks;
    private final EventRecorder events;
    private final PoolMetrics metrics;
    private final InstantSource clock;
    private final PoolTurns turns = new PoolTurns();

    public PoolReconciler(
            Supplier<Installation> installation,
            Leaks leaks,
            EventRecorder events,
            PoolMetrics metrics,
            InstantSource clock) {
        this.installation = installation;
        this.leaks = leaks;
        this.events = events;
        this.metrics = metrics;
        this.clock = clock;
    }

    @Override
    public UpdateControl<SandboxPool> reconcile(SandboxPool pool, Context<SandboxPool> context) {
        if (pool.getMetadata().getDeletionTimestamp() != null) {
            return UpdateControl.noUpdate(); // its objects are deleted with it
        }
        return turns.await(ResourceID.fromResource(pool), () -> {
            try {
                return reconcileNow(pool, context);
            } catch (Liveness.PoolGoneException e) {
                LOG.atInfo().addKeyValue("pool", ResourceID.fromResource(pool)).log(e.getMessage());
                // If there is another pool of that name: its own timer has just been replaced by this one.
                return UpdateControl.<SandboxPool>noUpdate().rescheduleAfter(REST);
            }
        });
    }

    private UpdateControl<SandboxPool> reconcileNow(SandboxPool pool, Context<SandboxPool> context) {
        ObservedPool seen = observe(pool, List.of(), Set.of(), context);

        PoolPlan plan = PoolPlan.of(seen, installation.get(), clock.instant());

        PoolWriter writer = new PoolWriter(pool, context);
        writer.write(plan, () -> plan.later(pool, installation.get()));
        Set<String> unforgotten = writer.forget(seen.deadRunners());
        List<Refusal> refused = writer.refused();
        // Recorded at once, because the next reconciliation does not know the old number any more.
        plan.scaling()
                .filter(_ -> refused.stream().noneMatch(refusal -> refusal.isOf("Deployment"))
                        && plan.desired().stream().anyMatch(Deployment.class::isInstance))
                .ifPresent(event -> events.record(pool, event));
        boolean passing = refused.stream().anyMatch(Refusal::passing);
        if (passing && context.getRetryInfo().isEmpty()) {
            // A single failure may be chance. The status stays about the generation before until the next try, a second
            // away.
            throw new ObjectsRefusedException(refused);
        }
        WrittenStatus written = writeStatus(pool, refused, unforgotten, writer, context);
        PoolPlan done = written.plan();
        // Recorded last, because everything is repeated if a step before fails. Only the first plan knows whether the
        // revision changed; only the second knows what happened meanwhile.
        Stream.concat(plan.events().stream(), done.events().stream())
                .distinct()
                .forEach(event -> events.record(pool, event));
        if (passing) {
            throw new ObjectsRefusedException(refused); // is tried again with growing pauses
        }
        boolean soon = plan.goesOnSoon(refused) || isListNewer(unforgotten, refused) || written.isOvertaken();
        return UpdateControl.<SandboxPool>noUpdate()
                .rescheduleAfter(soon ? REST : done.isSettled() ? spread() : LOOK_AGAIN);
    }

    /** Returns whether entries were not removed only because the list has changed since it was read. */
    private static boolean isListNewer(Set<String> unforgotten, List<Refusal> refused) {
        return !unforgotten.isEmpty() && refused.isEmpty();
    }

    /** Returns a random interval, so that pools which were reconciled together are not reconciled together again. */
    private static Duration spread() {
        return SETTLED_LOOK_AGAIN
                .dividedBy(2)
                .plusMillis(ThreadLocalRandom.current()
                        .nextLong(SETTLED_LOOK_AGAIN.dividedBy(2).toMillis()));
    }

    /** @param unforgotten runners that are gone, but whose entries could not be removed; they count as there */
    private ObservedPool observe(
            SandboxPool pool, List<Refusal> refused, Set<String> unforgotten, Context<SandboxPool> context) {
        ResourceID id = ResourceID.fromResource(pool);
        List<Pod> runners = context.getSecondaryResourcesAsStream(Pod.class)
                .filter(runner -> !Pods.hasEnded(runner) && Pods.isOf(runner, pool))
                .toList();
        Set<String> names =
                runners.stream().map(pod -> pod.getMetadata().getName()).collect(Collectors.toSet());
        return new ObservedPool(
                pool,
                context.getSecondaryResource(Deployment.class),
                context.getSecondaryResourcesAsStream(ServiceAccount.class)
                        .map(ServiceAccount::getMetadata)
                        .filter(account -> account.getName()
                                .equals(PoolNames.runnerAccount(
                                        pool.getMetadata().getName())))
                        .map(ObjectMeta::getUid)
                        .findFirst(),
                List.copyOf(context.getSecondaryResources(PodTemplate.class)),
                Stream.of(names, RunnerEntries.overlooked(context.getClient(), pool, names), unforgotten)
                        .flatMap(Set::stream)
                        .collect(Collectors.toSet()),
                runners.stream().anyMatch(pod -> Pods.is(pod, "Ready", "True")),
                runners.stream()
                        .flatMap(pod -> Pods.trouble(pod, clock.instant()).stream())
                        .sorted()
                        .toList(),
                leaks.uncounted(id),
                leaks.stuck(id),
                refused);
    }

    /**
     * The result of writing a pool's status.
     *
     * @param isOvertaken whether another client changed the pool in the meantime. The framework sends no event for such
     *     a change, because it drops all that are older than this operator's own last write (java-operator-sdk issue
     *     3398).
     */
    private record WrittenStatus(PoolPlan plan, boolean isOvertaken) {}

    /**
     * Writes the status as observed after the actions. Otherwise a positive status of the old state would look like one
     * of the new state.
     */
    private WrittenStatus writeStatus(
            SandboxPool pool,
            List<Refusal> refused,
            Set<String> unforgotten,
            PoolWriter writer,
            Context<SandboxPool> context) {
        ObservedPool seen = observe(pool, refused, unforgotten, context);
        PoolPlan plan = PoolPlan.of(seen, installation.get(), clock.instant());
        if (plan.isWritten(seen.status())) {
            return new WrittenStatus(plan, false);
        }
        SandboxPool written = writer.writeStatus(plan.status());
        leaks.counted(ResourceID.fromResource(pool), seen.swept());
        return new WrittenStatus(plan, seen.isOvertakenBy(written));
    }

    @Override
    public ErrorStatusUpdateControl<SandboxPool> updateErrorStatus(
            SandboxPool pool, Context<SandboxPool> context, Exception failure) {
        if (failure instanceof ObjectsRefusedException) {
            return ErrorStatusUpdateControl.noStatusUpdate(); // the status says it already, or will at the next try
        }
        if (context.getRetryInfo().isEmpty()) {
            return ErrorStatusUpdateControl.noStatusUpdate(); // one failure may be chance: the next try is in a second
        }
        if (!new Liveness(context.getClient(), pool).isAlive()) {
            return ErrorStatusUpdateControl.noStatusUpdate();
        }
        SandboxPoolStatus before =
                pool.getStatus() == null ? SandboxPoolStatus.unknown() : PoolPlan.withoutRunners(pool.getStatus());
        SandboxPoolStatus after = PoolConditions.failed(before, pool, failure, clock.instant());
        return after.equals(before)
                ? ErrorStatusUpdateControl.noStatusUpdate()
                : ErrorStatusUpdateControl.patchStatus(PoolWriter.withStatus(pool, after));
    }

    @Override
    public List<EventSource<?, SandboxPool>> prepareEventSources(EventSourceContext<SandboxPool> context) {
        metrics.watch(() -> context.getPrimaryCache().list());
        leaks.watch(() -> context.getPrimaryCache().list());
        List<EventSource<?, SandboxPool>> sources = new ArrayList<>(PoolEventSources.of(context));
        sources.add(leaks.eventSource());
        return sources;
    }
}
