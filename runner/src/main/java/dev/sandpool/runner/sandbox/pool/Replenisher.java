package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.Timer;
import dev.sandpool.runner.sandbox.pool.SandboxStart.Purpose;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reconciles the pool with its target: starts what is missing and retires what is surplus. Guarded by the pool's lock.
 */
final class Replenisher {
    private final Revisions revisions;
    private final IdleSandboxes idle;
    private final ReusableSandboxes kept;
    private final RenewedSandboxes renewed;
    private final SandboxStarts starts;
    private final ReplenishPolicy policy;
    private final WarmTarget target;
    private final Requeue requeue;
    private final Requeue shrinking;
    private final Requeue wearing;
    private @Nullable PoolSettings settings;
    private boolean open;

    /** @param later reconciles again; it takes the lock */
    Replenisher(
            Revisions revisions,
            IdleSandboxes idle,
            ReusableSandboxes kept,
            RenewedSandboxes renewed,
            SandboxStarts starts,
            Timer timer,
            Runnable later) {
        this.revisions = revisions;
        this.idle = idle;
        this.kept = kept;
        this.renewed = renewed;
        this.starts = starts;
        this.policy = new ReplenishPolicy(timer);
        this.target = new WarmTarget(timer);
        this.requeue = new Requeue(timer, later);
        this.shrinking = new Requeue(timer, later);
        this.wearing = new Requeue(timer, later);
    }

    void open() {
        open = true;
        policy.missesOne();
    }

    void close() {
        open = false;
    }

    int workers() {
        return settings == null ? 0 : settings.workers();
    }

    WarmTarget target() {
        return target;
    }

    void apply(PoolSettings wanted) {
        noteMissing();
        settings = wanted;
        kept.apply(wanted.rules().reuse());
        renewed.apply(wanted.rules().embedded());
        if (revisions.apply(wanted)) {
            policy.missesOne();
            starts.dropCanary().ifPresent(Replenisher::retire);
        }
    }

    /** Call it before a sandbox is removed: if none is missing yet, one is from now on. */
    void noteMissing() {
        if (settings == null || plan().start() == 0) {
            policy.missesOne();
        }
    }

    private ReplenishPlan plan() {
        return ReplenishPlan.of(
                new ReplenishPlan.Counts(
                        idle.size(),
                        (int) idle.stream().filter(this::isOutdated).count(),
                        starts.replenishing(),
                        renewed.returning(revisions.name()),
                        revisions.candidate().isPresent(),
                        starts.hasCanary()),
                target.wanted());
    }

    private boolean isOutdated(PooledSandbox warm) {
        return !revisions.name().equals(Optional.of(warm.line.revision().name())) || renewed.isWorn(warm);
    }

    /**
     * Does what can be done now, and schedules a call for what has to wait.
     *
     * @param waiting the number of claims that have no sandbox yet
     */
    void reconcile(int running, int waiting) {
        PoolSettings wanted = settings;
        Optional<Revisions.Line> current = revisions.current();
        if (!open || wanted == null || current.isEmpty()) {
            return;
        }
        adjustTarget(current.get().revision(), running + waiting, wanted);
        ReplenishPlan plan = plan();
        for (int i = 0; i < plan.retire(); i++) {
            retire(idle.takeSurplus(this::isOutdated));
            policy.missesOne();
        }
        boolean yields = running > 0 && idle.size() >= wanted.warmMin();
        startMissing(current.get(), plan.start(), yields, wanted);
        revisions
                .candidate()
                .filter(candidate -> plan.attempt() && mayStart(candidate, yields))
                .ifPresent(candidate -> starts.begin(candidate, Purpose.CANARY, wanted.startTimeout()));
        kept.takeSurplus(revisions.name(), mostKept(running, wanted)).forEach(Replenisher::retire);
        idle.stream()
                .flatMap(warm -> renewed.timeLeft(warm).stream())
                .min(Duration::compareTo)
                .ifPresent(wearing::after);
    }

    private void adjustTarget(Revision current, int used, PoolSettings wanted) {
        int min = wanted.warmMin();
        int max = wanted.warmMax();
        var later = current.isEmbedded()
                ? target.adjust(min, max, WarmNeed.ofThoseInUse(used, min, Math.max(max, wanted.workers())))
                : target.adjust(min, max);
        later.ifPresent(shrinking::after);
    }

    /**
     * Returns how many sandboxes may be kept for their callers. There are never more sandboxes than without reuse:
     * those that are kept use the room of runs, and of warm sandboxes that are not wanted now.
     */
    private int mostKept(int running, PoolSettings wanted) {
        int others = idle.size() + starts.count() + running + kept.comingBack() + renewed.comingBack();
        return Math.clamp((long) wanted.warmMax() + wanted.workers() - others, 0, wanted.workers());
    }

    private void startMissing(Revisions.Line current, int missing, boolean yields, PoolSettings wanted) {
        int room = ReplenishPolicy.startsAtOnce(current.backoff(), wanted.workers()) - starts.replenishing();
        for (int i = 0; i < Math.min(missing, room) && mayStart(current, yields); i++) {
            starts.begin(current, Purpose.REPLENISH, wanted.startTimeout());
            policy.missesOne();
        }
    }

    private boolean mayStart(Revisions.Line line, boolean yields) {
        var wait = policy.holdBack(line.backoff(), yields);
        if (wait.isPositive()) {
            requeue.after(wait);
            return false;
        }
        return true;
    }

    private static void retire(PooledSandbox warm) {
        Thread.ofVirtual().name("sandbox-retire").start(warm.sandbox::close);
    }
}
