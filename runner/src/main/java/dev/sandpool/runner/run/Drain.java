package dev.sandpool.runner.run;

import dev.sandpool.runner.sandbox.Succession;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The end of a runner's life. It serves all who come until another runner is ready and nobody has come for a while: whoever still sends requests here
 * does not know better, or has nobody else to send them to. Only when a run could not end in the time that is left are new ones refused.
 */
public final class Drain {
    public enum Stage {
        SERVING,
        /** Still serving. Each answer is the last one of its connection. */
        LEAVING,
        /** A run that began now could not be finished. */
        REFUSING
    }

    // What cancelled runs get to answer 503 and to let go of their sandboxes.
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

    /** What is known of other runners. */
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
     * Returns when no request is being served any more and, if another runner is to come, that one is ready; at the latest after {@code timeout} and
     * a second.
     *
     * @param notice for so long nobody must have come since another was ready: that is how long others need to notice that this one is not
     * @param aRun how long a run may take
     * @param successors what is known of other runners; asked often, so it must not block
     * @param closeIdle ends the connections that nobody uses, so that nobody begins to use one whose server is about to go
     */
    public void run(
            Duration notice, Duration aRun, Duration timeout, Supplier<Succession> successors, Runnable closeIdle)
            throws InterruptedException {
        long begun = System.nanoTime();
        long deadline = begun + timeout.toNanos();
        long refuseAt = Math.max(timeout.minus(aRun).toNanos(), Math.min(notice.toNanos(), timeout.toNanos()));
        succession = successors;
        stage = Stage.LEAVING;
        if (!awaitQuiet(begun, notice.toNanos(), begun + refuseAt)) {
            stage = Stage.REFUSING;
            // Whoever comes has nobody else, and is told to try again later.
            awaitSuccessor(deadline);
        }
        closeIdle.run();
        if (!awaitNone(deadline)) {
            cancelAll();
            awaitNone(System.nanoTime() + AFTER_CANCELLATION.toNanos());
        }
    }

    /** False if it is never quiet for so long until then. */
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
