package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes;
import dev.sandpool.runner.sandbox.Timer;
import dev.sandpool.runner.sandbox.pool.SandboxStart.Purpose;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The starts under way, each on its own thread, and the attempt of the candidate until it has proved itself. Guarded by
 * the pool's lock.
 */
final class SandboxStarts {
    private static final Logger LOG = LoggerFactory.getLogger(SandboxStarts.class);

    private final Sandboxes sandboxes;
    private final Timer timer;
    private final PoolMeters meters;
    private final BiConsumer<SandboxStart, PooledSandbox> becameWarm;
    private final Failed failed;
    private final Set<SandboxStart> underWay = new HashSet<>();
    private @Nullable SandboxStart attempt;

    /** Receives failed starts. */
    interface Failed {
        void with(SandboxStart start, long begun, Reason reason, String message);
    }

    /** Both listeners are called on the thread of the start, which does not hold the lock. */
    SandboxStarts(
            Sandboxes sandboxes,
            Timer timer,
            PoolMeters meters,
            BiConsumer<SandboxStart, PooledSandbox> becameWarm,
            Failed failed) {
        this.sandboxes = sandboxes;
        this.timer = timer;
        this.meters = meters;
        this.becameWarm = becameWarm;
        this.failed = failed;
    }

    void begin(Revisions.Line line, Purpose purpose, Duration timeout) {
        SandboxStart start = new SandboxStart(line, purpose);
        Thread thread = Thread.ofVirtual().name("sandbox-start").unstarted(() -> run(start, timeout));
        start.thread = thread;
        underWay.add(start);
        if (purpose == Purpose.CANARY) {
            attempt = start;
        }
        thread.start();
    }

    private void run(SandboxStart start, Duration timeout) {
        long begun = timer.nanoTime();
        try {
            Sandboxes.WarmSandbox sandbox = sandboxes.start(start.line.revision(), timeout);
            long now = timer.nanoTime();
            Duration took = Duration.ofNanos(now - begun);
            meters.started(took);
            becameWarm.accept(start, new PooledSandbox(sandbox, start.line, now, took));
        } catch (SandboxStartException e) {
            failed.with(start, begun, e.reason(), Objects.requireNonNullElse(e.getMessage(), ""));
        } catch (InterruptedException e) {
            failed.with(start, begun, Reason.ENDED_EARLY, "interrupted"); // the pool was closed, or dropped this start
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("a bug while a sandbox was starting");
            failed.with(start, begun, Reason.ENDED_EARLY, e.toString());
        }
    }

    /** Notes that the thread of the start is done. An attempt continues after that. */
    void ended(SandboxStart start) {
        underWay.remove(start);
        start.thread = null;
    }

    void isTried(SandboxStart start, PooledSandbox warm) {
        start.warm = warm;
    }

    void failed(SandboxStart start) {
        ended(start);
        if (attempt == start) {
            attempt = null;
        }
    }

    boolean isCanary(PooledSandbox warm) {
        return attempt != null && attempt.warm == warm;
    }

    /** Ends the attempt if the sandbox belongs to it. Returns whether it did. */
    boolean endCanary(PooledSandbox warm) {
        if (!isCanary(warm)) {
            return false;
        }
        attempt = null;
        return true;
    }

    /** Drops the attempt of the candidate. Returns the sandbox that it has made, if any; the caller has to close it. */
    Optional<PooledSandbox> dropCanary() {
        SandboxStart dropped = attempt;
        attempt = null;
        return dropped == null ? Optional.empty() : Optional.ofNullable(dropped.drop());
    }

    boolean hasCanary() {
        return attempt != null;
    }

    /** Returns the number of starts whose sandboxes become idle ones. */
    int replenishing() {
        return (int) underWay.stream()
                .filter(start -> start.purpose == Purpose.REPLENISH)
                .count();
    }

    int count() {
        return replenishing() + (attempt == null ? 0 : 1);
    }

    /** Returns the threads of all starts, also of dropped ones. */
    List<Thread> threads() {
        return underWay.stream()
                .map(start -> start.thread)
                .filter(Objects::nonNull)
                .map(thread -> thread)
                .toList();
    }
}
