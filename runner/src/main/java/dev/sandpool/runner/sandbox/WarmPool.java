package dev.sandpool.runner.sandbox;

import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes.WarmSandbox;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps sandboxes warm and hands them out, each once.
 *
 * <p>Warm and starting ones together are never more than {@link SandboxLimits#warm}: starts are counted here, from the decision on,
 * and not as some watch sees them. Everything happens on an event (a claim, an end, a loss, a timer); there is no loop that looks.
 */
public final class WarmPool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WarmPool.class);

    // Started, greeted, and gone at once is a start that failed, and must be held back as such.
    static final Duration YOUNG = Duration.ofSeconds(5);

    private static final Duration LONGEST_JOIN = Duration.ofSeconds(5);

    private final Sandboxes sandboxes;
    private final SandboxLimits limits;
    private final PoolMeters meters;
    private final Timer timer;
    private final Pinging pinging;

    // Fair: who waited longest for a sandbox gets it.
    private final ReentrantLock lock = new ReentrantLock(true);
    private final Condition changed = lock.newCondition();

    // All below guarded by lock.
    private final StartBackoff backoff;
    private final RefillPolicy policy;
    private final Deque<Warm> idle = new ArrayDeque<>();
    private final Set<Thread> starters = new HashSet<>();
    private int running;
    private boolean open;
    private boolean closed;
    private boolean everWarm;
    private boolean refillPlanned;

    public WarmPool(Sandboxes sandboxes, SandboxLimits limits, MeterRegistry registry) {
        this(sandboxes, limits, registry, Timer.system(), RandomGenerator.getDefault());
    }

    WarmPool(Sandboxes sandboxes, SandboxLimits limits, MeterRegistry registry, Timer timer, RandomGenerator random) {
        this.sandboxes = sandboxes;
        this.limits = limits;
        this.timer = timer;
        this.pinging = new Pinging(timer, random, this::isIdle, warm -> lost(warm, "it did not answer a PING"));
        this.backoff = new StartBackoff(timer, random);
        this.policy = new RefillPolicy(timer, backoff, limits.workers());
        this.meters = new PoolMeters(registry);
        meters.watch(this, sandboxes);
    }

    /** Deletes what an earlier life left and begins to fill the pool, both in the background. */
    public void open() {
        Thread.ofVirtual().name("pool-open").start(() -> {
            sandboxes.deleteLeftovers();
            locked(() -> {
                open = true;
                policy.missesOne();
                refill();
            });
        });
    }

    /**
     * Takes a warm sandbox, waiting for one at most so long. Its {@link Sandbox#close} tells the pool too.
     *
     * @throws NoSandboxException when none became warm in time, or the pool is closed
     */
    public Sandbox claim(Duration atMost) throws NoSandboxException, InterruptedException {
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
            noteMissing();
            Warm warm = idle.removeFirst(); // the oldest: none grows old enough to meet its pod's deadline
            running++;
            refill();
            return new ClaimedSandbox(warm.sandbox, this::released);
        } finally {
            lock.unlock();
        }
    }

    private String whyNone(Duration atMost) {
        return "no sandbox became warm within %d ms%s"
                .formatted(
                        atMost.toMillis(),
                        backoff.failure()
                                .map(failure -> ": " + failure.reason() + ": " + failure.message())
                                .orElse(""));
    }

    public PoolState state() {
        lock.lock();
        try {
            return new PoolState(idle.size(), starters.size(), running, everWarm, backoff.failure());
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
            unused.addAll(idle);
            idle.clear();
            starting.addAll(starters);
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

    // ---- refilling; each of these holds the lock

    private int missing() {
        return limits.warm() - idle.size() - starters.size();
    }

    private void noteMissing() {
        if (missing() <= 0) {
            policy.missesOne();
        }
    }

    private void refill() {
        while (open && !closed && missing() > 0 && starters.size() < policy.startsAtOnce()) {
            Duration wait = policy.holdBack(running, idle.size());
            if (wait.isPositive()) {
                planRefill(wait);
                return;
            }
            Thread starter = Thread.ofVirtual().name("sandbox-start").unstarted(this::start);
            starters.add(starter);
            policy.missesOne();
            starter.start();
        }
    }

    private void planRefill(Duration wait) {
        if (!refillPlanned) {
            refillPlanned = true;
            timer.after(
                    wait,
                    () -> locked(() -> {
                        refillPlanned = false;
                        refill();
                    }));
        }
    }

    // ---- one start, on its own thread

    private void start() {
        long begun = timer.nanoTime();
        try {
            WarmSandbox sandbox = sandboxes.start();
            long now = timer.nanoTime();
            meters.started(Duration.ofNanos(now - begun));
            becameWarm(new Warm(sandbox, now));
        } catch (SandboxStartException e) {
            startFailed(begun, e.reason(), Objects.requireNonNullElse(e.getMessage(), ""));
        } catch (InterruptedException e) {
            startFailed(begun, Reason.ENDED_EARLY, "interrupted"); // the pool closes, or soon asks again
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("a bug while a sandbox was starting");
            startFailed(begun, Reason.ENDED_EARLY, e.toString());
        }
    }

    private void becameWarm(Warm warm) {
        boolean[] tooLate = new boolean[1];
        locked(() -> {
            starters.remove(Thread.currentThread());
            tooLate[0] = closed;
            if (!closed) {
                everWarm = true;
                backoff.succeeded();
                idle.addLast(warm);
                changed.signal();
                refill();
            }
        });
        if (tooLate[0]) {
            warm.sandbox.close();
            return;
        }
        warm.sandbox.onLost(() -> lost(warm, "it ended by itself"));
        pinging.watch(warm);
    }

    private void startFailed(long begun, Reason reason, String message) {
        locked(() -> {
            starters.remove(Thread.currentThread());
            if (!closed) {
                meters.startFailed(reason);
                backoff.failed(begun, reason, message);
                refill();
            }
        });
    }

    // ---- one that is warm

    private boolean isIdle(Warm warm) {
        lock.lock();
        try {
            return idle.contains(warm);
        } finally {
            lock.unlock();
        }
    }

    private void lost(Warm warm, String how) {
        boolean[] wasIdle = new boolean[1];
        locked(() -> {
            noteMissing();
            wasIdle[0] = idle.remove(warm);
            if (!wasIdle[0]) {
                return; // claimed, and whoever claimed it finds out; or the pool was closed
            }
            meters.lost();
            LOG.atInfo()
                    .addKeyValue("sandbox", warm.sandbox.name())
                    .addKeyValue("how", how)
                    .log("a warm sandbox is lost");
            long age = timer.nanoTime() - warm.since;
            if (age < YOUNG.toNanos()) {
                backoff.failed(warm.since, Reason.ENDED_EARLY, "a sandbox was lost soon after it was warm: " + how);
            }
            refill();
        });
        if (wasIdle[0]) {
            warm.sandbox.close();
        }
    }

    private void released() {
        locked(() -> {
            running--;
            refill();
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
