package dev.sandpool.runner.sandbox.pool;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.PoolState;
import dev.sandpool.runner.sandbox.Sandbox;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes;
import dev.sandpool.runner.sandbox.Timer;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pool of warm sandboxes. It hands out each once or, if the settings allow it, several times to the same caller. Pods
 * with an embedded gVisor come back from each run with a new sandbox in them. Thread-safe.
 *
 * <p>This class has the lock and everything that may block, which happens without the lock. {@link PoolInventory} has
 * the state.
 */
public final class WarmPool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WarmPool.class);

    private static final String ENDED = "it ended by itself";

    // The stream of a sandbox whose node is gone does not end by itself, so each warm sandbox is asked at intervals.
    // Each PING passes through the API server and the kubelet, and costs about a millisecond of CPU time.
    static final Duration PING_EVERY = Duration.ofSeconds(10);

    // After a run, a sandbox proves in some 10 ms that it is clean, or says at once that it is not. The next sandbox of
    // an embedded gVisor starts in some 130 ms. On a busy node both take many times that. A sandbox that is late is
    // replaced, which costs over half a CPU second. A claim waits less long for the sandbox of its caller: see Claims.
    private static final Duration LONGEST_GREETING = Duration.ofSeconds(5);

    private static final Duration LONGEST_JOIN = Duration.ofSeconds(5);

    private final Sandboxes sandboxes;
    private final PoolMeters meters;
    private final Timer timer;
    private final RandomGenerator random;

    // Fair: the claim that has waited longest for a sandbox gets it.
    private final ReentrantLock lock = new ReentrantLock(true);

    @GuardedBy("lock")
    private final PoolInventory inventory;

    public WarmPool(Sandboxes sandboxes, MeterRegistry registry) {
        this(sandboxes, registry, Timer.system(), RandomGenerator.getDefault());
    }

    WarmPool(Sandboxes sandboxes, MeterRegistry registry, Timer timer, RandomGenerator random) {
        this.sandboxes = sandboxes;
        this.timer = timer;
        this.random = random;
        this.meters = new PoolMeters(registry);
        SandboxStarts starts = new SandboxStarts(sandboxes, timer, meters, new Starts());
        this.inventory = new PoolInventory(sandboxes, starts, timer, random, meters, lock.newCondition(), this::update);
        meters.watch(this, sandboxes);
    }

    /**
     * Deletes what an earlier instance left behind and starts to fill the pool as soon as there are settings. Both
     * happen in the background.
     */
    public void open() {
        Thread.ofVirtual().name("pool-open").start(() -> {
            sandboxes.deleteLeftovers();
            update(PoolInventory::open);
        });
    }

    /** Applies new settings. Runs are not affected: a sandbox that has to go is closed when it is idle. */
    public void apply(PoolSettings wanted) {
        update(pool -> pool.apply(wanted));
    }

    /** Returns a snapshot of the pool. */
    public PoolState state() {
        return locked(PoolInventory::state);
    }

    /**
     * Returns the limits of a run, as far as they are known before it has a sandbox; empty before there are settings.
     */
    public Optional<SandboxLimits> limits() {
        return locked(PoolInventory::limits);
    }

    /** Stops refilling and closes the idle sandboxes. Sandboxes in a run are not touched. */
    @Override
    public void close() {
        PoolInventory.Remains remains = locked(PoolInventory::close);
        timer.close();
        remains.starting().forEach(Thread::interrupt);
        remains.unused().forEach(sandbox -> sandbox.sandbox.close());
        try {
            Deadline deadline = Deadline.in(LONGEST_JOIN);
            for (Thread starter : remains.starting()) {
                starter.join(deadline.left());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- claims

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
            PooledSandbox sandbox = inventory.take(caller, atMost);
            meters.waited(outcome(sandbox), Duration.ofNanos(System.nanoTime() - begun));
            if (sandbox == null) {
                throw new NoSandboxException(inventory.isClosed() ? "the pool is closed" : whyNone(atMost));
            }
            return claimed(sandbox, caller);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private PoolMeters.Wait outcome(@Nullable PooledSandbox sandbox) {
        if (sandbox == null) {
            return inventory.isClosed() ? PoolMeters.Wait.CLOSED : PoolMeters.Wait.TIMED_OUT;
        }
        return sandbox.runs() == 0 || sandbox.isRenewed() ? PoolMeters.Wait.WARM : PoolMeters.Wait.KEPT;
    }

    @GuardedBy("lock")
    private String whyNone(Duration atMost) {
        String why = inventory
                .failure()
                .map(failure -> ": " + failure.reason() + ": " + failure.message())
                .orElse("");
        return "no sandbox became warm within %d ms%s".formatted(atMost.toMillis(), why);
    }

    @GuardedBy("lock")
    private ClaimedSandbox claimed(PooledSandbox sandbox, String caller) {
        boolean comesBack = inventory.begin(sandbox, caller);
        if (comesBack) {
            sandbox.sandbox.stayAfterRun();
        }
        inventory.reconcile();
        return new ClaimedSandbox(
                sandbox.sandbox,
                sandbox.revision(),
                sandbox.runs(),
                inventory.launchers(),
                comesBack,
                ClaimedSandbox.LONGEST_SIGNAL,
                new Claim(sandbox));
    }

    /** What the pool does when a claimed sandbox has run. */
    private final class Claim implements ClaimedSandbox.Owner {
        private final PooledSandbox sandbox;

        Claim(PooledSandbox sandbox) {
            this.sandbox = sandbox;
        }

        @Override
        public void ran() {
            meters.cacheHit(sandbox.sandbox.cacheHitBytes());
        }

        @Override
        public void released() {
            update(pool -> pool.ended(sandbox));
        }

        /** Lets the sandbox serve the same caller again, or any caller if it is a new sandbox in the same pod. */
        @Override
        public void takeBack() {
            update(pool -> pool.endedAndGreets(sandbox));
            Thread.ofVirtual().name("sandbox-again").start(this::awaitGreeting);
        }

        private void awaitGreeting() {
            boolean hasGreeted = hasGreetedAgain(sandbox);
            if (locked(pool -> pool.takeBack(sandbox, hasGreeted))) {
                sandbox.sandbox.onLost(() -> lost(sandbox, ENDED)); // calls back at once if it was lost before
            } else {
                sandbox.sandbox.close();
            }
        }
    }

    private boolean hasGreetedAgain(PooledSandbox sandbox) {
        try {
            sandbox.sandbox.greetAgain(LONGEST_GREETING);
            meters.greetedAgain(sandbox.isRenewed());
            return true;
        } catch (SandboxStartException e) {
            meters.didNotGreetAgain(sandbox.isRenewed(), e.reason());
            LOG.atInfo()
                    .addKeyValue("sandbox", sandbox.name())
                    .addKeyValue("reason", e.reason())
                    .addKeyValue("detail", e.getMessage())
                    .log("a sandbox is not used again");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("a bug while a sandbox was checked for reuse");
        }
        return false;
    }

    // ---- starts

    /** What the pool does when a start has ended. */
    private final class Starts implements SandboxStarts.Listener {
        @Override
        public void becameWarm(SandboxStarts.Start start, PooledSandbox sandbox) {
            if (!locked(pool -> pool.becameWarm(start, sandbox))) {
                sandbox.sandbox.close();
                return;
            }
            pingLater(sandbox);
            sandbox.sandbox.onLost(() -> lost(sandbox, ENDED));
        }

        @Override
        public void startFailed(SandboxStarts.Start start, long begun, Reason reason, String message) {
            update(pool -> pool.startFailed(start, begun, reason, message));
        }
    }

    // ---- warm sandboxes

    private void pingLater(PooledSandbox sandbox) {
        // Waits 0.5 to 1.5 periods, so that sandboxes which were started together are not checked together.
        long nanos = PING_EVERY.toNanos() / 2 + random.nextLong(PING_EVERY.toNanos());
        timer.after(
                Duration.ofNanos(nanos),
                () -> Thread.ofVirtual().name("sandbox-ping").start(() -> ping(sandbox)));
    }

    private void ping(PooledSandbox sandbox) {
        if (!locked(pool -> pool.contains(sandbox))) {
            return;
        }
        if (sandbox.sandbox.answers()) {
            pingLater(sandbox);
        } else {
            lost(sandbox, "it did not answer a PING");
        }
    }

    private void lost(PooledSandbox sandbox, String how) {
        if (locked(pool -> pool.remove(sandbox, how))) {
            sandbox.sandbox.close();
        }
    }

    // ---- the lock

    private <T> T locked(Function<PoolInventory, T> action) {
        lock.lock();
        try {
            return action.apply(inventory);
        } finally {
            lock.unlock();
        }
    }

    private void update(Consumer<PoolInventory> action) {
        lock.lock();
        try {
            action.accept(inventory);
        } finally {
            lock.unlock();
        }
    }
}
