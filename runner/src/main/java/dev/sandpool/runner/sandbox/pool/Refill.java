package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.Timer;
import dev.sandpool.runner.sandbox.pool.SandboxStart.Purpose;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Brings what there is to what settings and runs ask for: starts what is missing, gives up what is too much. Guarded by the pool's lock. */
final class Refill {
    private final Revisions revisions;
    private final IdleSandboxes idle;
    private final KeptSandboxes kept;
    private final SandboxStarts starts;
    private final RefillPolicy policy;
    private final Warmth warmth;
    private final Wakeup wakeup;
    private final Wakeup shrinking;
    private @Nullable PoolSettings settings;
    private boolean open;

    /** @param later settles again, taking the lock */
    Refill(
            Revisions revisions,
            IdleSandboxes idle,
            KeptSandboxes kept,
            SandboxStarts starts,
            Timer timer,
            Runnable later) {
        this.revisions = revisions;
        this.idle = idle;
        this.kept = kept;
        this.starts = starts;
        this.policy = new RefillPolicy(timer);
        this.warmth = new Warmth(timer);
        this.wakeup = new Wakeup(timer, later);
        this.shrinking = new Wakeup(timer, later);
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

    Warmth warmth() {
        return warmth;
    }

    void aim(PoolSettings wanted) {
        noteMissing();
        settings = wanted;
        kept.aim(wanted.rules().reuse());
        if (revisions.aim(wanted)) {
            policy.missesOne();
            starts.dropAttempt().ifPresent(Refill::retire);
        }
    }

    /** Before something is taken away: if nothing is missing yet, it is from now on. */
    void noteMissing() {
        if (settings == null || plan().start() == 0) {
            policy.missesOne();
        }
    }

    private PoolPlan plan() {
        return PoolPlan.of(
                new PoolPlan.Counts(
                        idle.size(),
                        idle.outdated(revisions.name()),
                        starts.refills(),
                        revisions.candidate().isPresent(),
                        starts.isAttempting()),
                warmth.wanted());
    }

    /** Does what is to be done now; asks to be woken for what has to wait. */
    void settle(int running) {
        PoolSettings wanted = settings;
        Optional<Revisions.Line> current = revisions.current();
        if (!open || wanted == null || current.isEmpty()) {
            return;
        }
        warmth.adjust(wanted.warmMin(), wanted.warmMax()).ifPresent(shrinking::in);
        PoolPlan plan = plan();
        for (int i = 0; i < plan.retire(); i++) {
            retire(idle.takeSurplus(revisions.name()));
            policy.missesOne();
        }
        boolean yields = running > 0 && idle.size() >= wanted.warmMin();
        refill(current.get(), plan.start(), yields, wanted);
        revisions
                .candidate()
                .filter(candidate -> plan.attempt() && mayStart(candidate, yields))
                .ifPresent(candidate -> starts.begin(candidate, Purpose.ATTEMPT, wanted.startTimeout()));
        kept.takeSurplus(revisions.name(), mostKept(running, wanted)).forEach(Refill::retire);
    }

    /** There are never more sandboxes than without reuse: what is kept takes the room of runs, and of warm ones that are not wanted now. */
    private int mostKept(int running, PoolSettings wanted) {
        int others = idle.size() + starts.count() + running + kept.comingBack();
        return Math.clamp((long) wanted.warmMax() + wanted.workers() - others, 0, wanted.workers());
    }

    private void refill(Revisions.Line current, int missing, boolean yields, PoolSettings wanted) {
        int room = RefillPolicy.startsAtOnce(current.backoff(), wanted.workers()) - starts.refills();
        for (int i = 0; i < Math.min(missing, room) && mayStart(current, yields); i++) {
            starts.begin(current, Purpose.REFILL, wanted.startTimeout());
            policy.missesOne();
        }
    }

    private boolean mayStart(Revisions.Line line, boolean yields) {
        var wait = policy.holdBack(line.backoff(), yields);
        if (wait.isPositive()) {
            wakeup.in(wait);
            return false;
        }
        return true;
    }

    private static void retire(Warm warm) {
        Thread.ofVirtual().name("sandbox-retire").start(warm.sandbox::close);
    }
}
