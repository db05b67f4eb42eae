package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.crds.Durations;
import dev.sandpool.crds.PoolRules;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.Timer;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reconciles the pool with its target: starts what is missing and retires what is surplus, as a {@link ReplenishPlan}
 * says. Not thread-safe.
 */
final class Replenisher {
    private final Revisions revisions;
    private final IdleSandboxes idle;
    private final ReusableSandboxes reusable;
    private final SandboxStarts starts;
    private final Timer timer;
    private final WarmTarget target;
    private final Requeue starting;
    private final Requeue shrinking;
    private final Requeue wearing;
    private final Requeue expiring;
    private @Nullable PoolRules rules;
    private boolean open;
    private long missingSince;

    /** @param later reconciles again; takes the pool's lock */
    Replenisher(
            Revisions revisions,
            IdleSandboxes idle,
            ReusableSandboxes reusable,
            SandboxStarts starts,
            Timer timer,
            Runnable later) {
        this.revisions = revisions;
        this.idle = idle;
        this.reusable = reusable;
        this.starts = starts;
        this.timer = timer;
        this.target = new WarmTarget(timer);
        this.starting = new Requeue(timer, later);
        this.shrinking = new Requeue(timer, later);
        this.wearing = new Requeue(timer, later);
        this.expiring = new Requeue(timer, later);
        this.missingSince = timer.nanoTime();
    }

    void open() {
        open = true;
        isMissingFromNow();
    }

    void close() {
        open = false;
    }

    int workers() {
        return rules == null ? 0 : rules.workers();
    }

    WarmTarget target() {
        return target;
    }

    void apply(PoolSettings wanted) {
        noteMissing();
        rules = wanted.rules();
        reusable.apply(rules);
        if (revisions.apply(wanted)) {
            isMissingFromNow();
            starts.dropCanary().ifPresent(Replenisher::retire);
        }
    }

    /** Call it before a sandbox is removed: if none is missing yet, one is from now on. */
    void noteMissing() {
        if (rules == null || plan().start() == 0) {
            isMissingFromNow();
        }
    }

    /** Notes that none was missing before, or that the start of the one before has just begun. */
    private void isMissingFromNow() {
        missingSince = timer.nanoTime();
    }

    /**
     * Does what can be done now, and schedules a call for what has to wait.
     *
     * @param waiting the number of claims that have no sandbox yet
     */
    void reconcile(int running, int waiting) {
        PoolRules wanted = rules;
        Optional<Revisions.Tracked> current = revisions.current();
        if (!open || wanted == null || current.isEmpty()) {
            return;
        }
        adjustTarget(current.get().revision(), running + waiting, wanted);
        ReplenishPlan plan = plan();
        retireIdle(plan.retire());
        boolean yields = running > 0 && idle.size() >= wanted.warmMin();
        start(current.get(), plan.start(), yields, wanted);
        revisions
                .candidate()
                .filter(candidate -> plan.startCanary() && mayStart(candidate, yields))
                .ifPresent(candidate -> starts.beginCanary(candidate, Durations.parse(wanted.startTimeout())));
        retireKept(running, wanted);
        idle.stream()
                .flatMap(sandbox -> reusable.untilWorn(sandbox).stream())
                .min(Duration::compareTo)
                .ifPresent(wearing::after);
    }

    private void adjustTarget(Revision current, int used, PoolRules wanted) {
        int min = wanted.warmMin();
        int max = wanted.warmMax();
        var later = current.isEmbedded()
                ? target.adjust(min, max, WarmTarget.Need.ofThoseInUse(used, min, Math.max(max, wanted.workers())))
                : target.adjust(min, max);
        later.ifPresent(shrinking::after);
    }

    private ReplenishPlan plan() {
        return ReplenishPlan.of(
                new ReplenishPlan.Counts(
                        idle.size(),
                        (int) idle.stream().filter(this::isOutdated).count(),
                        starts.replenishing(),
                        reusable.returning(revisions.name()),
                        revisions.candidate().isPresent(),
                        starts.hasCanary()),
                target.wanted());
    }

    private boolean isOutdated(PooledSandbox sandbox) {
        return !revisions.name().equals(Optional.of(sandbox.revision().name())) || reusable.isWorn(sandbox);
    }

    private void retireIdle(int surplus) {
        for (int i = 0; i < surplus; i++) {
            retire(idle.takeSurplus(this::isOutdated));
            isMissingFromNow();
        }
    }

    private void start(Revisions.Tracked current, int missing, boolean yields, PoolRules wanted) {
        int room = ReplenishPlan.maxStarts(current.backoff().isFailing(), wanted.workers()) - starts.replenishing();
        for (int i = 0; i < Math.min(missing, room) && mayStart(current, yields); i++) {
            starts.begin(current, Durations.parse(wanted.startTimeout()));
            isMissingFromNow();
        }
    }

    private boolean mayStart(Revisions.Tracked tracked, boolean yields) {
        long now = timer.nanoTime();
        Duration missingFor = Duration.ofNanos(now - missingSince);
        Duration delay = ReplenishPlan.delay(tracked.backoff().left(now), missingFor, yields);
        if (delay.isPositive()) {
            starting.after(delay);
            return false;
        }
        return true;
    }

    /**
     * Limits how many sandboxes are kept for their callers. There are never more sandboxes than without reuse: those
     * that are kept use the room of runs, and of warm sandboxes that are not wanted now.
     */
    private void retireKept(int running, PoolRules wanted) {
        int others = idle.size() + starts.count() + running + reusable.greeting();
        int max = Math.clamp((long) wanted.warmMax() + wanted.workers() - others, 0, wanted.workers());
        reusable.takeSurplus(revisions.name(), max).forEach(Replenisher::retire);
        reusable.untilNextExpires().ifPresent(expiring::after);
    }

    private static void retire(PooledSandbox sandbox) {
        Thread.ofVirtual().name("sandbox-retire").start(sandbox.sandbox::close);
    }

    /** A timer that calls back once, at the earliest of the requested times. */
    private static final class Requeue {
        private final Timer timer;
        private final Runnable action;
        private long planned;
        private boolean isPlanned;

        Requeue(Timer timer, Runnable action) {
            this.timer = timer;
            this.action = action;
        }

        void after(Duration wait) {
            long at = timer.nanoTime() + wait.toNanos();
            // A planned call whose time is past has been made, or is about to be.
            if (isPlanned && planned - at <= 0 && planned - timer.nanoTime() > 0) {
                return;
            }
            isPlanned = true;
            planned = at;
            timer.after(wait, action);
        }
    }
}
