package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.Launchers;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.PoolState;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes;
import dev.sandpool.runner.sandbox.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sandboxes of a pool: which of them start, are idle, run a program, greet again or are kept, and what each event
 * changes. {@link WarmPool} talks to the sandboxes. Not thread-safe: {@link WarmPool} holds its lock for each call.
 */
final class PoolInventory {
    private static final Logger LOG = LoggerFactory.getLogger(PoolInventory.class);

    // A sandbox that is lost this soon after its greeting counts as a failed start and causes a backoff. The canary of
    // a candidate must last this long before the candidate takes over.
    static final Duration YOUNG = Duration.ofSeconds(5);

    private final Sandboxes sandboxes;
    private final Timer timer;
    private final PoolMeters meters;
    private final Consumer<Consumer<PoolInventory>> later;
    private final Revisions revisions;
    private final IdleSandboxes idle = new IdleSandboxes();
    private final ReusableSandboxes reusable;
    private final SandboxStarts starts;
    private final Replenisher replenisher;
    private final Claims claims;
    private int running;
    private long lastThere;
    // Whether sandboxes have started after a failure, of which none has lasted or had a run yet.
    private boolean unproven;
    private boolean closed;
    private boolean everWarm;
    private Launchers launchers = Launchers.NONE;

    /**
     * What a closed pool leaves to be ended.
     *
     * @param unused the sandboxes that are not in a run
     * @param starting the threads of all starts
     */
    record Remains(List<PooledSandbox> unused, List<Thread> starting) {}

    /**
     * @param changed a condition of the pool's lock
     * @param later calls back with the lock held
     */
    PoolInventory(
            Sandboxes sandboxes,
            SandboxStarts starts,
            Timer timer,
            RandomGenerator random,
            PoolMeters meters,
            Condition changed,
            Consumer<Consumer<PoolInventory>> later) {
        this.sandboxes = sandboxes;
        this.timer = timer;
        this.later = later;
        this.meters = meters;
        this.starts = starts;
        this.revisions = new Revisions(timer, random);
        this.lastThere = timer.nanoTime();
        this.reusable = new ReusableSandboxes(timer);
        this.replenisher =
                new Replenisher(revisions, idle, reusable, starts, timer, () -> later.accept(PoolInventory::reconcile));
        this.claims = new Claims(idle, reusable, replenisher, this::reconcile, changed);
    }

    void open() {
        if (!closed) {
            replenisher.open();
            reconcile();
        }
    }

    void apply(PoolSettings wanted) {
        replenisher.apply(wanted);
        sandboxes.want(revisions.names());
        launchers = Launchers.of(wanted.rules().launchers());
        reconcile();
    }

    /** Starts what is missing, and retires what is surplus. */
    void reconcile() {
        replenisher.reconcile(running, claims.waiting());
    }

    /** Ends all claims and starts nothing any more. */
    Remains close() {
        closed = true;
        replenisher.close();
        List<PooledSandbox> unused = new ArrayList<>(idle.takeAll());
        unused.addAll(reusable.takeAllKept());
        List<Thread> starting = starts.threads();
        starts.dropCanary().ifPresent(unused::add);
        claims.close();
        return new Remains(unused, starting);
    }

    boolean isClosed() {
        return closed;
    }

    Launchers launchers() {
        return launchers;
    }

    Optional<SandboxLimits> limits() {
        return revisions.current().map(tracked -> tracked.revision().limits());
    }

    /** Returns why the current revision does not start. */
    Optional<PoolState.StartFailure> failure() {
        return revisions.failure();
    }

    PoolState state() {
        return new PoolState(
                idle.byRevision(),
                starts.count() + reusable.renewing(),
                running,
                reusable.kept(),
                replenisher.target().wanted(),
                replenisher.target().reason(),
                replenisher.workers(),
                withoutSandbox(),
                everWarm,
                revisions.name(),
                revisions.target(),
                revisions.failure(),
                revisions.candidateFailure());
    }

    private Duration withoutSandbox() {
        return idle.size() > 0 || running > 0 ? Duration.ZERO : Duration.ofNanos(timer.nanoTime() - lastThere);
    }

    // ---- starts

    /** Takes a new sandbox. Returns false if it is not wanted any more; the caller then closes it. */
    boolean becameWarm(SandboxStarts.Start start, PooledSandbox sandbox) {
        if (!starts.succeeded(start, sandbox) || closed) {
            return false;
        }
        replenisher.target().started(sandbox.startTook);
        if (starts.isCanary(sandbox)) {
            timer.after(YOUNG, () -> later.accept(pool -> pool.promote(sandbox)));
        } else {
            becomesIdle(sandbox);
        }
        return true;
    }

    /** Promotes the candidate if its canary has stayed warm. */
    private void promote(PooledSandbox canary) {
        if (!closed && starts.endCanary(canary)) {
            revisions.promote();
            sandboxes.want(revisions.names());
            LOG.atInfo().addKeyValue("revision", canary.revision().name()).log("the new revision takes over");
            becomesIdle(canary);
        }
    }

    private void becomesIdle(PooledSandbox sandbox) {
        everWarm = true;
        unproven |= sandbox.tracked.backoff().isFailing();
        sandbox.tracked.backoff().succeeded();
        idle.add(sandbox);
        claims.wake();
        reconcile();
    }

    void startFailed(SandboxStarts.Start start, long begun, Reason reason, String message) {
        if (starts.failed(start) && !closed) {
            meters.startFailed(reason);
            start.tracked.backoff().failed(begun, reason, message);
            reconcile();
        }
    }

    // ---- warm sandboxes

    /** Returns whether the pool holds the sandbox or expects it back. */
    boolean contains(PooledSandbox sandbox) {
        return idle.contains(sandbox) || starts.isCanary(sandbox) || reusable.contains(sandbox);
    }

    /**
     * Removes a sandbox that does not answer any more. Returns false if it is not warm: it is claimed, and its claimer
     * notices; or it was given up; or the pool was closed.
     */
    boolean remove(PooledSandbox sandbox, String how) {
        replenisher.noteMissing();
        boolean wasKept = reusable.isKept(sandbox) && reusable.forget(sandbox);
        boolean wasIdle = !wasKept && idle.remove(sandbox);
        if (!wasKept && !wasIdle && !starts.endCanary(sandbox)) {
            return false;
        }
        meters.lost();
        LOG.atInfo()
                .addKeyValue("sandbox", sandbox.name())
                .addKeyValue("how", how)
                .log("a warm sandbox is lost");
        boolean isYoung = timer.nanoTime() - sandbox.warmSince < YOUNG.toNanos();
        if (wasIdle && (!isYoung || !unproven)) {
            wasThere();
        }
        if (!wasKept && isYoung) {
            sandbox.tracked
                    .backoff()
                    .failed(sandbox.warmSince, Reason.ENDED_EARLY, "a sandbox was lost soon after it was warm: " + how);
        }
        reconcile();
        return true;
    }

    // ---- runs

    /** Removes and returns a sandbox for a run, or returns null if none became available in time. */
    @Nullable
    PooledSandbox take(String caller, Duration atMost) throws InterruptedException {
        return claims.take(caller, atMost);
    }

    /** Notes the start of a run. Returns whether the sandbox is to serve again after it. */
    boolean begin(PooledSandbox sandbox, String caller) {
        running++;
        sandbox.serves(caller, timer.nanoTime());
        return reusable.begin(sandbox, revisions.name());
    }

    /** Notes the end of a run after which the sandbox is closed. */
    void ended(PooledSandbox sandbox) {
        ended();
        if (sandbox.isRenewed() && reusable.contains(sandbox)) {
            replenisher.noteMissing(); // it was expected to come back
        }
        reusable.forget(sandbox);
        reconcile();
    }

    /** Notes the end of a run after which the sandbox is to greet again. */
    void endedAndGreets(PooledSandbox sandbox) {
        ended();
        reusable.awaitGreeting(sandbox);
        reconcile();
    }

    private void ended() {
        running--;
        wasThere();
    }

    /** Notes that there was a sandbox for runs until now. */
    private void wasThere() {
        lastThere = timer.nanoTime();
        unproven = false;
    }

    /** Takes a sandbox back that was to greet again. Returns false if it cannot serve; the caller then closes it. */
    boolean takeBack(PooledSandbox sandbox, boolean hasGreeted) {
        boolean stays = sandbox.isRenewed() ? renew(sandbox, hasGreeted) : keep(sandbox, hasGreeted);
        reconcile();
        claims.wake();
        return stays;
    }

    private boolean keep(PooledSandbox sandbox, boolean hasGreeted) {
        reusable.forget(sandbox);
        if (hasGreeted && !closed) {
            reusable.keep(sandbox);
            return true;
        }
        return false;
    }

    private boolean renew(PooledSandbox sandbox, boolean hasGreeted) {
        replenisher.noteMissing(); // in case it does not stay
        boolean stays = reusable.renew(sandbox, revisions.name()) && hasGreeted && !closed;
        if (stays) {
            idle.add(sandbox);
        }
        return stays;
    }
}
