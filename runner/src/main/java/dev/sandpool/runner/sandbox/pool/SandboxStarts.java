package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes;
import dev.sandpool.runner.sandbox.Timer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The starts under way, each on its own thread, and the canary of the candidate revision until it has stayed warm. Not
 * thread-safe.
 */
final class SandboxStarts {
    private static final Logger LOG = LoggerFactory.getLogger(SandboxStarts.class);

    private final Sandboxes sandboxes;
    private final Timer timer;
    private final PoolMeters meters;
    private final Listener listener;
    private final Set<Start> underWay = new HashSet<>();
    private @Nullable Start canary;

    /** Receives the ends of starts, on the thread of the start, which does not hold the pool's lock. */
    interface Listener {
        void becameWarm(Start start, PooledSandbox sandbox);

        /**
         * Receives a failed start.
         *
         * @param begun when the start began, in the pool's time
         */
        void startFailed(Start start, long begun, Reason reason, String message);
    }

    private enum Purpose {
        REPLENISH,
        /** Tests whether the candidate revision starts. Ends only when the sandbox has been warm for a while. */
        CANARY,
        /** The start is not needed any more. */
        DROPPED
    }

    /** One start of a sandbox, from the decision to its end. */
    static final class Start {
        final Revisions.Tracked tracked;
        private Purpose purpose;

        // Of a canary that has not stayed warm for long enough yet.
        private @Nullable PooledSandbox sandbox;

        private @Nullable Thread thread;

        private Start(Revisions.Tracked tracked, Purpose purpose) {
            this.tracked = tracked;
            this.purpose = purpose;
        }
    }

    SandboxStarts(Sandboxes sandboxes, Timer timer, PoolMeters meters, Listener listener) {
        this.sandboxes = sandboxes;
        this.timer = timer;
        this.meters = meters;
        this.listener = listener;
    }

    /** Starts a sandbox that will be idle. */
    void begin(Revisions.Tracked current, Duration timeout) {
        begin(new Start(current, Purpose.REPLENISH), timeout);
    }

    /** Starts the canary of the candidate revision. */
    void beginCanary(Revisions.Tracked candidate, Duration timeout) {
        Start start = new Start(candidate, Purpose.CANARY);
        canary = start;
        begin(start, timeout);
    }

    private void begin(Start start, Duration timeout) {
        Thread thread = Thread.ofVirtual().name("sandbox-start").unstarted(() -> run(start, timeout));
        start.thread = thread;
        underWay.add(start);
        thread.start();
    }

    private void run(Start start, Duration timeout) {
        long begun = timer.nanoTime();
        try {
            Sandboxes.WarmSandbox sandbox = sandboxes.start(start.tracked.revision(), timeout);
            long now = timer.nanoTime();
            Duration took = Duration.ofNanos(now - begun);
            meters.started(took);
            listener.becameWarm(start, new PooledSandbox(sandbox, start.tracked, now, took));
        } catch (SandboxStartException e) {
            listener.startFailed(start, begun, e.reason(), Objects.requireNonNullElse(e.getMessage(), ""));
        } catch (InterruptedException e) {
            // The pool was closed, or dropped this start.
            listener.startFailed(start, begun, Reason.ENDED_EARLY, "interrupted");
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("a bug while a sandbox was starting");
            listener.startFailed(start, begun, Reason.ENDED_EARLY, e.toString());
        }
    }

    /** Notes that a sandbox became warm. A canary goes on after that. Returns whether the sandbox is still wanted. */
    boolean succeeded(Start start, PooledSandbox sandbox) {
        ended(start);
        if (start.purpose == Purpose.CANARY) {
            start.sandbox = sandbox;
        }
        return isWanted(start);
    }

    /** Notes that a start failed. Returns whether it was still wanted. */
    boolean failed(Start start) {
        ended(start);
        if (canary == start) {
            canary = null;
        }
        return isWanted(start);
    }

    private void ended(Start start) {
        underWay.remove(start);
        start.thread = null;
    }

    private static boolean isWanted(Start start) {
        return start.purpose != Purpose.DROPPED;
    }

    boolean isCanary(PooledSandbox sandbox) {
        return canary != null && canary.sandbox == sandbox;
    }

    /** Ends the test of the canary if the sandbox is the canary. Returns whether it is. */
    boolean endCanary(PooledSandbox sandbox) {
        if (!isCanary(sandbox)) {
            return false;
        }
        canary = null;
        return true;
    }

    /** Drops the start of the canary. Returns its sandbox if it has one; the caller has to close it. */
    Optional<PooledSandbox> dropCanary() {
        Start dropped = canary;
        if (dropped == null) {
            return Optional.empty();
        }
        canary = null;
        dropped.purpose = Purpose.DROPPED;
        if (dropped.thread != null) {
            dropped.thread.interrupt();
        }
        return Optional.ofNullable(dropped.sandbox);
    }

    boolean hasCanary() {
        return canary != null;
    }

    /** Returns the number of starts whose sandboxes become idle ones. */
    int replenishing() {
        return (int) underWay.stream()
                .filter(start -> start.purpose == Purpose.REPLENISH)
                .count();
    }

    int count() {
        return replenishing() + (canary == null ? 0 : 1);
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
