package dev.sandpool.operator.pool;

import dev.sandpool.crds.RunnerStatus;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import dev.sandpool.operator.cluster.Refusal;
import dev.sandpool.operator.plan.PoolPlan;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.SSABasedGenericKubernetesResourceMatcher;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what one reconciliation of a pool wants: its objects, its list of runners, its status. Before it writes, it
 * makes sure that the pool still exists ({@link Liveness}). Not thread-safe.
 */
final class PoolWriter {
    private static final Logger LOG = LoggerFactory.getLogger(PoolWriter.class);

    private final SandboxPool pool;
    private final Context<SandboxPool> context;
    private final Liveness liveness;
    private final List<Refusal> refused = new ArrayList<>();

    PoolWriter(SandboxPool pool, Context<SandboxPool> context) {
        this.pool = pool;
        this.context = context;
        liveness = new Liveness(context.getClient(), pool);
    }

    /** Returns what could not be written so far. */
    List<Refusal> refused() {
        return List.copyOf(refused);
    }

    /**
     * Writes each object separately, so that a refused one does not delay the others.
     *
     * @param later the objects that are written by a later reconciliation; only asked if an object is refused
     * @throws Liveness.PoolGoneException if the pool does not exist any more
     */
    void write(PoolPlan plan, Supplier<List<HasMetadata>> later) {
        plan.desired().forEach(object -> attempt(object, () -> apply(object)));
        if (!refused.isEmpty()) {
            // A person who has to delete conflicting objects should see all of them at once.
            later.get().forEach(object -> attempt(object, () -> mustBeTakenBack(object)));
        }
        if (refused.stream().noneMatch(refusal -> refusal.isOf("Role"))) {
            // Otherwise the Role may name a PodTemplate that would be gone.
            plan.obsolete().forEach(template -> attempt(template, () -> delete(template)));
        }
    }

    private void attempt(HasMetadata object, Runnable deed) {
        try {
            deed.run();
        } catch (KubernetesClientException | Ownership.ForeignObjectException e) {
            refuse(object, e);
        }
    }

    private void refuse(HasMetadata object, RuntimeException failure) {
        Refusal refusal = Refusal.of(object, failure);
        LOG.atWarn()
                .addKeyValue("object", refusal.object())
                .addKeyValue("namespace", object.getMetadata().getNamespace())
                .addKeyValue("why", refusal.why())
                .log("an object could not be written");
        refused.add(refusal);
    }

    private <T extends HasMetadata> void apply(T desired) {
        @SuppressWarnings("unchecked")
        Class<T> type = (Class<T>) desired.getClass();
        Optional<T> actual = context.getSecondaryResourcesAsStream(type)
                .filter(each -> each.getMetadata()
                        .getName()
                        .equals(desired.getMetadata().getName()))
                .findFirst();
        SSABasedGenericKubernetesResourceMatcher<T> matcher = SSABasedGenericKubernetesResourceMatcher.getInstance();
        if (actual.isPresent() && matcher.matches(actual.get(), desired, context)) {
            return;
        }
        liveness.checkOnce();
        if (actual.isEmpty() && mustBeTakenBack(desired)) {
            liveness.check();
        }
        LOG.atInfo()
                .addKeyValue("kind", desired.getKind())
                .addKeyValue("name", desired.getMetadata().getName())
                .addKeyValue("namespace", desired.getMetadata().getNamespace())
                .log(actual.isPresent() ? "changing" : "creating");
        var _ = context.resourceOperations().serverSideApply(desired);
    }

    private boolean mustBeTakenBack(HasMetadata desired) {
        return Ownership.mustBeTakenBack(context.getClient().resource(desired).get(), desired, pool);
    }

    private void delete(PodTemplate template) {
        liveness.checkOnce();
        LOG.atInfo().addKeyValue("name", template.getMetadata().getName()).log("deleting a pod template of old");
        var _ = context.getClient().resource(template).delete();
    }

    /**
     * Removes the entries of runners that are gone. Omitting them would not remove them, because they belong to other
     * field managers.
     *
     * @return the runners whose entries are still there. Their runs must not be counted as those of runners that are
     *     gone, because the next reconciliation would count them again
     */
    Set<String> forget(Collection<RunnerStatus> deadRunners) {
        Set<String> dead = deadRunners.stream().map(RunnerStatus::name).collect(Collectors.toSet());
        if (dead.isEmpty()) {
            return Set.of();
        }
        try {
            liveness.checkOnce();
            RunnerEntries.remove(context.getClient(), pool, dead);
            return Set.of();
        } catch (KubernetesClientException e) {
            // With these two codes the list has changed, and the event for that is on its way.
            if (e.getCode() != 409 && e.getCode() != 422) {
                refuse(pool, e);
            }
            return dead;
        }
    }

    /**
     * Writes the operator's part of the status.
     *
     * @return the pool as it is then
     * @throws Liveness.PoolGoneException if the pool does not exist any more
     */
    SandboxPool writeStatus(SandboxPoolStatus status) {
        liveness.check();
        return context.resourceOperations().serverSideApplyPrimaryStatus(withStatus(pool, status));
    }

    /** Returns the pool with only the operator's part of the status, so that it owns no other fields. */
    static SandboxPool withStatus(SandboxPool pool, SandboxPoolStatus status) {
        SandboxPool fresh = new SandboxPool();
        fresh.setMetadata(new ObjectMetaBuilder()
                .withName(pool.getMetadata().getName())
                .withNamespace(pool.getMetadata().getNamespace())
                .build());
        fresh.setStatus(status);
        return fresh;
    }
}
