package dev.sandpool.runner.sandbox;

import dev.sandpool.runner.sandbox.SandboxStart.Purpose;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps sandboxes warm and hands them out, each once.
 *
 * <p>Warm and starting ones together are never more than {@link PoolSettings#warmMax}, but for one while a revision is tried or
 * swapped: starts are counted here, from the decision on, and not as some watch sees them. Everything happens on an event (a claim,
 * an end, a loss, new settings, a timer); there is no loop that looks.
 */
public final class WarmPool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WarmPool.class);

    // Started, greeted, and gone at once is a start that failed, and must be held back as such. A candidate has to last
    // so long before it takes over.
    static final Duration YOUNG = Duration.ofSeconds(5);

    private static final Duration LONGEST_JOIN = Duration.ofSeconds(5);

    private final Sandboxes sandboxes;
    private final PoolMeters meters;
    private final Timer timer;
    private final Pinging pinging;

    // Fair: who waited longest for a sandbox gets it.
    private final ReentrantLock lock = new ReentrantLock(true);
    private final Condition changed = lock.newCondition();

    // All below guarded by lock.
    private final Revisions revisions;
    private final IdleSandboxes idle = new IdleSandboxes();
    private final SandboxStarts starts;
    private final Refill refill;
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
        this.pinging = new Pinging(timer, random, this::isIdle, warm -> lost(warm, "it did not answer a PING"));
        this.revisions = new Revisions(timer, random);
        this.meters = new PoolMeters(registry);
        this.starts = new SandboxStarts(sandboxes, timer, meters, this::becameWarm, this::startFailed);
        this.refill = new Refill(revisions, idle, starts, timer, () -> locked(this::settle));
        meters.watch(this, sandboxes);
    }

    /** Deletes what an earlier life left and begins to fill the pool, once there are settings; both in the background. */
    public void open() {
        Thread.ofVirtual().name("pool-open").start(() -> {
            sandboxes.deleteLeftovers();
            locked(() -> {
                if (!closed) {
                    refill.open();
                    settle();
                }
            });
        });
    }

    /** From now on the pool is to be so. No run notices: what has to go goes when it is idle. */
    public void apply(PoolSettings wanted) {
        locked(() -> {
            refill.aim(wanted);
            launchers = Launchers.of(wanted.rules().launchers());
            settle();
        });
    }

    /**
     * Takes a warm sandbox, waiting for one at most so long. Its {@link Sandbox#close} tells the pool too.
     *
     * @throws NoSandboxException when none became warm in time, or the pool is closed
     */
    public ClaimedSandbox claim(Duration atMost) throws NoSandboxException, InterruptedException {
        long begun = System.nanoTime();
        long left = atMost.toNanos();
        lock.lockInterruptibly();
        try {
            while (idle.isEmpty() && !closed && left > 0) {
                left = changed.awaitNanos(left);
            }
            boolean found = !closed && !idle.isEmpty();
            meters.waited(
                    found ? PoolMeters.Wait.WARM : closed ? PoolMeters.Wait.CLOSED : PoolMeters.Wait.TIMED_OUT,
                    Duration.ofNanos(System.nanoTime() - begun));
            if (!found) {
                throw new NoSandboxException(closed ? "the pool is closed" : whyNone(atMost));
            }
            refill.noteMissing();
            Warm warm = idle.take();
            running++;
            settle();
            return new ClaimedSandbox(warm.sandbox, warm.line.revision(), launchers, this::released);
        } finally {
            lock.unlock();
        }
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

    public PoolState state() {
        lock.lock();
        try {
            return new PoolState(
                    idle.byRevision(),
                    starts.count(),
                    running,
                    refill.workers(),
                    everWarm,
                    revisions.name(),
                    revisions.target(),
                    revisions.failure(),
                    revisions.candidateFailure());
        } finally {
            lock.unlock();
        }
    }

    /** What a run may take now, as far as is known before it has its sandbox; empty before there are settings. */
    public Optional<SandboxLimits> limits() {
        lock.lock();
        try {
            return revisions.current().map(line -> line.revision().limits());
        } finally {
            lock.unlock();
        }
    }

    /** Stops refilling and deletes the warm ones; those that run are not touched. */
    @Override
    public void close() {
        List<Warm> unused = new ArrayList<>();
        List<Thread> starting = new ArrayList<>();
        locked(() -> {
            closed = true;
            refill.close();
            unused.addAll(idle.takeAll());
            starting.addAll(starts.threads());
            starts.dropAttempt().ifPresent(unused::add);
            changed.signalAll();
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

    /** Holds the lock. */
    private void settle() {
        refill.settle(running);
    }

    // ---- how starts end

    private void becameWarm(SandboxStart start, Warm warm) {
        boolean[] tooLate = new boolean[1];
        locked(() -> {
            tooLate[0] = closed || start.purpose == Purpose.DROPPED;
            starts.ended(start);
            if (tooLate[0]) {
                return;
            }
            if (start.purpose == Purpose.ATTEMPT) {
                starts.onProbation(start, warm);
                timer.after(YOUNG, () -> hasProved(start));
            } else {
                keep(warm);
            }
        });
        if (tooLate[0]) {
            warm.sandbox.close();
            return;
        }
        warm.sandbox.onLost(() -> lost(warm, "it ended by itself"));
        pinging.watch(warm);
    }

    /** The candidate's sandbox has stayed: from now on there are more of its kind. */
    private void hasProved(SandboxStart attempt) {
        locked(() -> {
            Warm warm = attempt.warm;
            if (!closed && warm != null && starts.endAttempt(warm)) {
                revisions.promote();
                LOG.atInfo()
                        .addKeyValue("revision", warm.line.revision().name())
                        .log("the new revision takes over");
                keep(warm);
            }
        });
    }

    private void keep(Warm warm) {
        everWarm = true;
        warm.line.backoff().succeeded();
        idle.add(warm);
        changed.signal();
        settle();
    }

    private void startFailed(SandboxStart start, long begun, Reason reason, String message) {
        locked(() -> {
            boolean matters = !closed && start.purpose != Purpose.DROPPED;
            starts.failed(start);
            if (matters) {
                meters.startFailed(reason);
                start.line.backoff().failed(begun, reason, message);
                settle();
            }
        });
    }

    // ---- one that is warm

    private boolean isIdle(Warm warm) {
        lock.lock();
        try {
            return idle.contains(warm) || starts.isOnProbation(warm);
        } finally {
            lock.unlock();
        }
    }

    private void lost(Warm warm, String how) {
        boolean[] wasOurs = new boolean[1];
        locked(() -> {
            refill.noteMissing();
            wasOurs[0] = idle.remove(warm) || starts.endAttempt(warm);
            if (!wasOurs[0]) {
                return; // claimed, and whoever claimed it finds out; or given up, or the pool was closed
            }
            meters.lost();
            LOG.atInfo()
                    .addKeyValue("sandbox", warm.sandbox.name())
                    .addKeyValue("how", how)
                    .log("a warm sandbox is lost");
            if (timer.nanoTime() - warm.since < YOUNG.toNanos()) {
                warm.line
                        .backoff()
                        .failed(warm.since, Reason.ENDED_EARLY, "a sandbox was lost soon after it was warm: " + how);
            }
            settle();
        });
        if (wasOurs[0]) {
            warm.sandbox.close();
        }
    }

    private void released() {
        locked(() -> {
            running--;
            settle();
        });
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
