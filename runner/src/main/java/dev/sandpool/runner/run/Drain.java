package dev.sandpool.runner.run;

import dev.sandpool.runner.sandbox.OutputFiles;
import dev.sandpool.runner.sandbox.Succession;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The shutdown of a runner. It serves all requests until another runner is ready and no request has come for a while: a
 * client that still sends requests here has not noticed the change, or has no other runner. New runs are refused only
 * when the time left is too short for a run.
 */
public final class Drain {
    /** A stage of the shutdown. */
    public enum Stage {
        SERVING,
        /** Still serving. Each response is the last one of its connection. */
        LEAVING,
        /** A new run could not be completed in time. */
        REFUSING
    }

    // The time for cancelled runs to answer 503 and to release their sandboxes.
    private static final Duration AFTER_CANCELLATION = Duration.ofSeconds(1);
    private static final long LOOK_FOR_SUCCESSOR = Duration.ofMillis(250).toNanos();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<RunCancellation> underWay = new HashSet<>();
    private long lastRequest = System.nanoTime();
    private volatile Stage stage = Stage.SERVING;
    private volatile Supplier<Succession> succession = () -> Succession.NONE;

    public Stage stage() {
        return stage;
    }

    /** Returns what is known about other runners. */
    public Succession succession() {
        return succession.get();
    }

    /** Notes that a request is being served, until the result is closed. */
    UnderWay begin(RunCancellation cancellation) {
        lock.lock();
        try {
            underWay.add(cancellation);
            lastRequest = System.nanoTime();
            return () -> end(cancellation);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns when no request is being served any more and another runner, if one is expected, is ready. Returns after
     * {@code timeout} plus one second at the latest.
     *
     * @param notice the time without requests, since another runner was ready, after which this one stops: others need
     *     it to notice that this one is not ready
     * @param runTimeout the longest time limit of a program, after which its files may still come
     * @param successors what is known about other runners; called often, so it must not block
     * @param closeIdle closes idle connections, so that no client sends a request on one whose server is about to end
     */
    public void run(
            Duration notice, Duration runTimeout, Duration timeout, Supplier<Succession> successors, Runnable closeIdle)
            throws InterruptedException {
        Duration aRun = runTimeout.plus(OutputFiles.LONGEST_TIME);
        long begun = System.nanoTime();
        long deadline = begun + timeout.toNanos();
        long refuseAt = Math.max(timeout.minus(aRun).toNanos(), Math.min(notice.toNanos(), timeout.toNanos()));
        succession = successors;
        stage = Stage.LEAVING;
        if (!awaitQuiet(begun, notice.toNanos(), begun + refuseAt)) {
            stage = Stage.REFUSING;
            // These clients have no other runner. They are asked to try again later.
            awaitSuccessor(deadline);
        }
        closeIdle.run();
        if (!awaitNone(deadline)) {
            cancelAll();
            awaitNone(System.nanoTime() + AFTER_CANCELLATION.toNanos());
        }
    }

    /** Returns false if there is no such quiet time before {@code until}. */
    private boolean awaitQuiet(long begun, long notice, long until) throws InterruptedException {
        lock.lock();
        try {
            long quietSince = begun;
            while (true) {
                long now = System.nanoTime();
                boolean awaited = succession.get() == Succession.AWAITED;
                if (awaited) {
                    quietSince = now;
                }
                long quietIn = Math.max(lastRequest - quietSince, 0) + quietSince + notice - now;
                if (!awaited && underWay.isEmpty() && quietIn <= 0) {
                    return true;
                }
                if (until - now <= 0) {
                    return false;
                }
                long next = Math.min(until - now, LOOK_FOR_SUCCESSOR);
                var _ = changed.awaitNanos(underWay.isEmpty() && quietIn > 0 ? Math.min(quietIn, next) : next);
            }
        } finally {
            lock.unlock();
        }
    }

    private void awaitSuccessor(long deadline) throws InterruptedException {
        lock.lock();
        try {
            long left = deadline - System.nanoTime();
            while (succession.get() == Succession.AWAITED && left > 0) {
                var _ = changed.awaitNanos(Math.min(left, LOOK_FOR_SUCCESSOR));
                left = deadline - System.nanoTime();
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean awaitNone(long deadline) throws InterruptedException {
        lock.lock();
        try {
            long left = deadline - System.nanoTime();
            while (!underWay.isEmpty() && left > 0) {
                left = changed.awaitNanos(left);
            }
            return underWay.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    private void cancelAll() {
        lock.lock();
        try {
            underWay.forEach(cancellation -> cancellation.cancel(RunCancellation.Reason.SHUTTING_DOWN));
        } finally {
            lock.unlock();
        }
    }

    private void end(RunCancellation cancellation) {
        lock.lock();
        try {
            underWay.remove(cancellation);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    interface UnderWay extends AutoCloseable {
        @Override
        void close();
    }
}
