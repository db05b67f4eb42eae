package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.Launchers;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.PoolState;
import dev.sandpool.runner.sandbox.Sandbox;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes;
import dev.sandpool.runner.sandbox.Timer;
import dev.sandpool.runner.sandbox.pool.SandboxStart.Purpose;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pool of warm sandboxes. It hands out each once or, if the settings allow it, several times to the same caller. Pods
 * with an embedded gVisor come back from each run with a new sandbox in them. Thread-safe.
 */
public final class WarmPool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WarmPool.class);

    private static final String ENDED = "it ended by itself";

    // A sandbox that is lost this soon after its greeting counts as a failed start and causes a backoff. The sandbox of
    // a candidate must last this long before the candidate takes over.
    static final Duration YOUNG = Duration.ofSeconds(5);

    // The next sandbox of an embedded gVisor starts in some 130 ms, which a longer run hides. On a busy node it takes
    // many times that. A pod that is late is replaced, which takes at least a second.
    static final Duration LONGEST_RENEWAL = Duration.ofSeconds(5);

    // After a run, a sandbox needs some 10 ms to prove that it is clean, several times that on a node that starts
    // others.
    static final Duration LONGEST_PROOF = Duration.ofSeconds(1);

    private static final Duration LONGEST_JOIN = Duration.ofSeconds(5);

    private final Sandboxes sandboxes;
    private final PoolMeters meters;
    private final Timer timer;
    private final LivenessChecks livenessChecks;

    // Fair: the claim that has waited longest for a sandbox gets it.
    private final ReentrantLock lock = new ReentrantLock(true);
    private final Condition changed = lock.newCondition();

    // Guarded by lock, all fields below.
    private final Revisions revisions;
    private final IdleSandboxes idle = new IdleSandboxes();
    private final ReusableSandboxes kept;
    private final RenewedSandboxes renewed;
    private final SandboxStarts starts;
    private final Replenisher replenisher;
    private final Claims claims;
    private int running;
    private boolean closed;
    private boolean everWarm;
    private Launchers launchers = Launchers.NONE;

    public WarmPool(Sandboxes sandboxes, MeterRegistry registry) {
        this(sandboxes, registry, Timer.system(), RandomGenerator.getDefault());
    }

    WarmPool(Sandboxes sandboxes, MeterRegistry registry, Timer timer, RandomGenerator random) {
        this.sandboxes = sandboxes;
        this.timer = timer;
        this.livenessChecks =
                new LivenessChecks(timer, random, this::isOurs, warm -> lost(warm, "it did not answer a PING"));
        this.revisions = new Revisions(timer, random);
        this.meters = new PoolMeters(registry);
        this.starts = new SandboxStarts(sandboxes, timer, meters, this::becameWarm, this::startFailed);
        this.kept = new ReusableSandboxes(timer, () -> locked(this::reconcile));
        this.renewed = new RenewedSandboxes(timer);
        this.replenisher =
                new Replenisher(revisions, idle, kept, renewed, starts, timer, () -> locked(this::reconcile));
        this.claims = new Claims(idle, kept, replenisher, this::reconcile, changed);
        meters.watch(this, sandboxes);
    }

    /**
     * Deletes what an earlier instance left behind and starts to fill the pool as soon as there are settings. Both
     * happen in the background.
     */
    public void open() {
        Thread.ofVirtual().name("pool-open").start(() -> {
            sandboxes.deleteLeftovers();
            locked(() -> {
                if (!closed) {
                    replenisher.open();
                    reconcile();
                }
            });
        });
    }

    /** Applies new settings. Runs are not affected: a sandbox that has to go is closed when it is idle. */
    public void apply(PoolSettings wanted) {
        locked(() -> {
            replenisher.apply(wanted);
            sandboxes.want(revisions.names());
            launchers = Launchers.of(wanted.rules().launchers());
            reconcile();
        });
    }

    /**
     * Claims a sandbox and waits for one for at most {@code atMost}. Prefers one that has served this caller before.
     * Its {@link Sandbox#close} gives it back to the pool.
     *
     * @param caller the caller of the run; a sandbox that has served one is never used for another
     * @throws NoSandboxException when none became warm in time, or the pool is closed
     */
    public ClaimedSandbox claim(String caller, Duration atMost) throws NoSandboxException, InterruptedException {
        long begun = System.nanoTime();
        lock.lockInterruptibly();
        try {
            PooledSandbox warm = claims.take(caller, atMost);
            meters.waited(outcome(warm), Duration.ofNanos(System.nanoTime() - begun));
            if (warm == null) {
                throw new NoSandboxException(closed ? "the pool is closed" : whyNone(atMost));
            }
            return claimed(warm, caller);
        } finally {
            lock.unlock();
        }
    }

    private PoolMeters.Wait outcome(@Nullable PooledSandbox warm) {
        if (warm == null) {
            return closed ? PoolMeters.Wait.CLOSED : PoolMeters.Wait.TIMED_OUT;
        }
        return warm.runs == 0 || warm.isRenewed() ? PoolMeters.Wait.WARM : PoolMeters.Wait.KEPT;
    }

    private ClaimedSandbox claimed(PooledSandbox warm, String caller) {
        running++;
        warm.serves(caller, timer.nanoTime());
        boolean stays = kept.lend(warm, revisions.name()) || renewed.lend(warm, revisions.name());
        if (stays) {
            warm.sandbox.stayAfterRun();
        }
        reconcile();
        return new ClaimedSandbox(
                warm.sandbox,
                warm.line.revision(),
                warm.runs,
                launchers,
                stays,
                ClaimedSandbox.LONGEST_SIGNAL,
                new ClaimedSandbox.Owner() {
                    @Override
                    public void ran() {
                        meters.spared(warm.sandbox.cacheHitBytes());
                    }

                    @Override
                    public void takeBack() {
                        comesBack(warm);
                    }

                    @Override
                    public void released() {
                        isOver(warm);
                    }
                });
    }

    private String whyNone(Duration atMost) {
        return "no sandbox became warm within %d ms%s"
                .formatted(
                        atMost.toMillis(),
                        revisions
                                .failure()
                                .map(failure -> ": " + failure.reason() + ": " + failure.message())
                                .orElse(""));
    }

    /** Returns a snapshot of the pool. */
    public PoolState state() {
        lock.lock();
        try {
            return new PoolState(
                    idle.byRevision(),
                    starts.count() + renewed.comingBack(),
                    running,
                    kept.waiting(),
                    replenisher.target().wanted(),
                    replenisher.target().reason(),
                    replenisher.workers(),
                    everWarm,
                    revisions.name(),
                    revisions.target(),
                    revisions.failure(),
                    revisions.candidateFailure());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns the limits of a run, as far as they are known before it has a sandbox; empty before there are settings.
     */
    public Optional<SandboxLimits> limits() {
        lock.lock();
        try {
            return revisions.current().map(line -> line.revision().limits());
        } finally {
            lock.unlock();
        }
    }

    /** Stops refilling and closes the idle sandboxes. Sandboxes in a run are not touched. */
    @Override
    public void close() {
        List<PooledSandbox> unused = new ArrayList<>();
        List<Thread> starting = new ArrayList<>();
        locked(() -> {
            closed = true;
            replenisher.close();
            unused.addAll(idle.takeAll());
            unused.addAll(kept.takeAll());
            starting.addAll(starts.threads());
            starts.dropCanary().ifPresent(unused::add);
            claims.close();
        });
        timer.close();
        starting.forEach(Thread::interrupt);
        unused.forEach(warm -> warm.sandbox.close());
        try {
            Deadline deadline = Deadline.in(LONGEST_JOIN);
            for (Thread starter : starting) {
                starter.join(deadline.left());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Expects that the lock is held. */
    private void reconcile() {
        replenisher.reconcile(running, claims.waiting());
    }

    // ---- the end of a start

    private void becameWarm(SandboxStart start, PooledSandbox warm) {
        boolean[] tooLate = new boolean[1];
        locked(() -> {
            tooLate[0] = closed || start.purpose == Purpose.DROPPED;
            starts.ended(start);
            if (tooLate[0]) {
                return;
            }
            replenisher.target().started(warm.startTook);
            if (start.purpose == Purpose.CANARY) {
                starts.isTried(start, warm);
                timer.after(YOUNG, () -> hasProved(start));
            } else {
                keep(warm);
            }
        });
        if (tooLate[0]) {
            warm.sandbox.close();
            return;
        }
        warm.sandbox.onLost(() -> lost(warm, ENDED));
        livenessChecks.watch(warm);
    }

    /** Promotes the candidate, whose sandbox has stayed warm. */
    private void hasProved(SandboxStart attempt) {
        locked(() -> {
            PooledSandbox warm = attempt.warm;
            if (!closed && warm != null && starts.endCanary(warm)) {
                revisions.promote();
                sandboxes.want(revisions.names());
                LOG.atInfo()
                        .addKeyValue("revision", warm.line.revision().name())
                        .log("the new revision takes over");
                keep(warm);
            }
        });
    }

    private void keep(PooledSandbox warm) {
        everWarm = true;
        warm.line.backoff().succeeded();
        idle.add(warm);
        changed.signalAll(); // all of them, because some may wait for their own sandbox, which this is not
        reconcile();
    }

    private void startFailed(SandboxStart start, long begun, Reason reason, String message) {
        locked(() -> {
            boolean matters = !closed && start.purpose != Purpose.DROPPED;
            starts.failed(start);
            if (matters) {
                meters.startFailed(reason);
                start.line.backoff().failed(begun, reason, message);
                reconcile();
            }
        });
    }

    // ---- warm sandboxes

    private boolean isOurs(PooledSandbox warm) {
        lock.lock();
        try {
            return idle.contains(warm) || starts.isCanary(warm) || kept.isHeld(warm) || renewed.isHeld(warm);
        } finally {
            lock.unlock();
        }
    }

    private void lost(PooledSandbox warm, String how) {
        boolean[] wasOurs = new boolean[1];
        locked(() -> {
            replenisher.noteMissing();
            boolean wasKept = kept.isWaiting(warm) && kept.forget(warm);
            wasOurs[0] = wasKept || idle.remove(warm) || starts.endCanary(warm);
            if (!wasOurs[0]) {
                return; // it is claimed, and its claimer notices; or it was given up; or the pool was closed
            }
            meters.lost();
            LOG.atInfo()
                    .addKeyValue("sandbox", warm.sandbox.name())
                    .addKeyValue("how", how)
                    .log("a warm sandbox is lost");
            if (!wasKept && timer.nanoTime() - warm.since < YOUNG.toNanos()) {
                warm.line
                        .backoff()
                        .failed(warm.since, Reason.ENDED_EARLY, "a sandbox was lost soon after it was warm: " + how);
            }
            reconcile();
        });
        if (wasOurs[0]) {
            warm.sandbox.close();
        }
    }

    // ---- after a run

    private void isOver(PooledSandbox warm) {
        locked(() -> {
            running--;
            if (renewed.isHeld(warm)) {
                replenisher.noteMissing(); // it was expected to come back
            }
            kept.forget(warm);
            renewed.forget(warm);
            reconcile();
        });
    }

    /** Gets the sandbox ready to serve again: the same caller, or any caller if it is a new sandbox in the same pod. */
    private void comesBack(PooledSandbox warm) {
        locked(() -> {
            running--;
            if (warm.isRenewed()) {
                renewed.comesBack(warm);
            } else {
                kept.comesBack(warm);
            }
            reconcile();
        });
        Thread.ofVirtual().name("sandbox-again").start(() -> awaitProof(warm));
    }

    private void awaitProof(PooledSandbox warm) {
        boolean proved = hasGreetedAgain(warm);
        boolean[] stays = new boolean[1];
        locked(() -> {
            stays[0] = warm.isRenewed() ? isBackAsNew(warm, proved) : isBackForItsCaller(warm, proved);
            reconcile();
            changed.signalAll();
        });
        if (stays[0]) {
            warm.sandbox.onLost(() -> lost(warm, ENDED)); // calls back at once if it was lost before it was back
        } else {
            warm.sandbox.close();
        }
    }

    private boolean isBackForItsCaller(PooledSandbox warm, boolean proved) {
        kept.forget(warm);
        if (proved && !closed) {
            kept.isBack(warm);
            return true;
        }
        return false;
    }

    private boolean isBackAsNew(PooledSandbox warm, boolean proved) {
        replenisher.noteMissing(); // in case it does not stay
        boolean stays = renewed.isBack(warm, revisions.name()) && proved && !closed;
        if (stays) {
            idle.add(warm);
        }
        return stays;
    }

    private boolean hasGreetedAgain(PooledSandbox warm) {
        try {
            warm.sandbox.greetAgain(warm.isRenewed() ? LONGEST_RENEWAL : LONGEST_PROOF);
            meters.greetedAgain(warm.isRenewed());
            return true;
        } catch (SandboxStartException e) {
            meters.didNotGreetAgain(warm.isRenewed(), e.reason());
            LOG.atInfo()
                    .addKeyValue("sandbox", warm.sandbox.name())
                    .addKeyValue("reason", e.reason())
                    .addKeyValue("detail", e.getMessage())
                    .log("a sandbox is not used again");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("a bug while a sandbox was to be used again");
        }
        return false;
    }

    private void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }
}
