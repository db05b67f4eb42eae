package dev.sandpool.runner;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The end of a runner's life: first it is not ready, then it refuses, and it waits for the runs under way. */
final class Drain {
    enum Stage {
        SERVING,
        /** Not ready, but still serving: those who send requests here need a moment to notice. */
        LEAVING,
        REFUSING
    }

    // What cancelled runs get to answer 503 and to let go of their sandboxes.
    private static final Duration AFTER_CANCELLATION = Duration.ofSeconds(1);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition fewer = lock.newCondition();
    private final Set<RunCancellation> underWay = new HashSet<>();
    private volatile Stage stage = Stage.SERVING;

    Stage stage() {
        return stage;
    }

    /** Notes that a request is being served, until the result is closed. */
    UnderWay begin(RunCancellation cancellation) {
        lock.lock();
        try {
            underWay.add(cancellation);
            return () -> end(cancellation);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns when no request is being served any more, at the latest after {@code timeout} and a second.
     *
     * @param notice how long others need to notice that this one is not ready
     */
    void run(Duration notice, Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        stage = Stage.LEAVING;
        Thread.sleep(notice.compareTo(timeout) < 0 ? notice : timeout);
        stage = Stage.REFUSING;
        if (!awaitNone(deadline)) {
            cancelAll();
            awaitNone(System.nanoTime() + AFTER_CANCELLATION.toNanos());
        }
    }

    private boolean awaitNone(long deadline) throws InterruptedException {
        lock.lock();
        try {
            long left = deadline - System.nanoTime();
            while (!underWay.isEmpty() && left > 0) {
                left = fewer.awaitNanos(left);
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
            fewer.signalAll();
        } finally {
            lock.unlock();
        }
    }

    interface UnderWay extends AutoCloseable {
        @Override
        void close();
    }
}
