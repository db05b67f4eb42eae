package dev.sandpool.runner;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The end of a runner's life. It is not ready any more, and serves all who come until nobody has come for a while: whoever still sends
 * requests here does not know better, and would have nobody else to send them to. Only when a run could not end in the time that is
 * left are new ones refused.
 */
final class Drain {
    enum Stage {
        SERVING,
        /** Not ready, but still serving. Each answer is the last one of its connection. */
        LEAVING,
        /** A run that began now could not be finished. */
        REFUSING
    }

    // What cancelled runs get to answer 503 and to let go of their sandboxes.
    private static final Duration AFTER_CANCELLATION = Duration.ofSeconds(1);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<RunCancellation> underWay = new HashSet<>();
    private long lastRequest = System.nanoTime();
    private volatile Stage stage = Stage.SERVING;

    Stage stage() {
        return stage;
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
     * Returns when no request is being served any more, at the latest after {@code timeout} and a second.
     *
     * @param notice for so long nobody must have come: that is how long others need to notice that this one is not ready
     * @param aRun how long a run may take
     * @param closeIdle ends the connections that nobody uses, so that nobody begins to use one whose server is about to go
     */
    void run(Duration notice, Duration aRun, Duration timeout, Runnable closeIdle) throws InterruptedException {
        long begun = System.nanoTime();
        long deadline = begun + timeout.toNanos();
        long refuseAt = Math.max(timeout.minus(aRun).toNanos(), Math.min(notice.toNanos(), timeout.toNanos()));
        stage = Stage.LEAVING;
        if (!awaitQuiet(begun, notice.toNanos(), begun + refuseAt)) {
            stage = Stage.REFUSING;
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
            lastRequest = Math.max(lastRequest - begun, 0) + begun;
            while (true) {
                long now = System.nanoTime();
                long quietIn = lastRequest + notice - now;
                if (underWay.isEmpty() && quietIn <= 0) {
                    return true;
                }
                if (until - now <= 0) {
                    return false;
                }
                var _ = changed.awaitNanos(underWay.isEmpty() ? Math.min(quietIn, until - now) : until - now);
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
