package dev.sandpool.runner.http;

import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.run.RunClient;
import dev.sandpool.runner.run.UploadStoppedException;
import io.helidon.webserver.CloseConnectionException;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that one client sends. Outside a run, the thread of the connection reads them. During a run, a second
 * thread reads ahead, as Go's server does, for three reasons: it notices that the client has gone while no bytes are
 * wanted; a wait for bytes can end without closing the connection; and the socket is emptied while a sandbox takes the
 * program. No byte is lost: bytes that came early, for example of a pipelined request, are what {@link #get} returns
 * next.
 */
public final class ClientBytes implements RunClient, Supplier<byte @Nullable []> {
    // The bytes that each run may hold without the budget.
    private static final int AHEAD = 128 * 1024;
    // If the budget allows it, a typical program (2.5 MB) fits whole. Only then can the disconnect of a queued client
    // be noticed.
    private static final int FAR_AHEAD = 4 * 1024 * 1024;
    private static final int STEP = 64 * 1024;
    // Fewer bytes than this within the time limit of a stall are no progress. At this pace a program of 1 MB would take
    // 16 seconds, which exceeds the time of any run, so no upload fails that could have succeeded.
    private static final int PROGRESS = 16 * 1024;

    /** The source of the bytes. */
    @FunctionalInterface
    interface Source {
        /** Blocks for the next bytes, at most {@code atMost}; null at the end. */
        byte @Nullable [] next(int atMost);
    }

    // The buffer of a connection that waits for its next request.
    private static final int SMALL_STEP = 8 * 1024;

    private final Source source;
    private final MemoryBudget budget;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // Guarded by lock, all fields below.
    private final ArrayDeque<byte[]> ready = new ArrayDeque<>();
    private int readyBytes;
    private int borrowed;
    private boolean ahead;
    private boolean reading;
    private boolean waiting;
    private boolean ended;
    private @Nullable RuntimeException failure;
    private @Nullable RuntimeException stopped;
    private @Nullable Runnable gone;
    private long deadline;
    private boolean bounded;
    private long paceSince;
    private int paceBytes;

    ClientBytes(Source source, MemoryBudget budget) {
        this.source = source;
        this.budget = budget;
    }

    /** Starts a second thread that reads ahead. It runs {@code gone} once when the client has gone. */
    @Override
    public void readAhead(Runnable gone) {
        lock.lock();
        try {
            this.gone = gone;
            ahead = true;
            if (ended || failure != null) {
                tellGone();
            }
            readOn();
        } finally {
            lock.unlock();
        }
    }

    /** Ends what {@link #readAhead} began. A read under way continues; its bytes belong to the next request. */
    @Override
    public void readOnDemand() {
        lock.lock();
        try {
            ahead = false;
            bounded = false;
            stopped = null;
            gone = null;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the connection. */
    void close() {
        readOnDemand();
        lock.lock();
        try {
            ready.clear();
            taken(readyBytes);
        } finally {
            lock.unlock();
        }
    }

    /** Sets the deadline of {@link #get}, as a {@link System#nanoTime} value. */
    @Override
    public void waitUntil(long nanoTime) {
        lock.lock();
        try {
            deadline = nanoTime;
            bounded = true;
        } finally {
            lock.unlock();
        }
    }

    /** Makes the current and each later wait for bytes of this run throw {@code why}. From any thread. */
    @Override
    public void stop(RuntimeException why) {
        lock.lock();
        try {
            if (stopped == null) {
                stopped = why;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Restarts the clock of {@link #stalledFor}. */
    @Override
    public void startPace() {
        lock.lock();
        try {
            paceFrom(System.nanoTime());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns whether a thread waits for bytes of this client, and the client has made no progress for {@code nanos}
     * nanoseconds.
     */
    @Override
    public boolean stalledFor(long nanos) {
        lock.lock();
        try {
            return waiting && reading && System.nanoTime() - paceSince >= nanos;
        } finally {
            lock.unlock();
        }
    }

    /** Returns the number of bytes that have come and were not taken yet. */
    int held() {
        lock.lock();
        try {
            return readyBytes;
        } finally {
            lock.unlock();
        }
    }

    /** Returns whether {@link #get} would return without waiting. */
    @Override
    public boolean isReady() {
        lock.lock();
        try {
            return !ready.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Returns the next bytes, or null at their end. Called by the thread of the connection only. */
    @Override
    public byte @Nullable [] get() {
        lock.lock();
        try {
            while (true) {
                if (stopped != null) {
                    throw stopped;
                }
                // Also while bytes are ready: a decoder asks for more until it has some content, and a client can send
                // compressed bytes without any, for ever.
                if (bounded && System.nanoTime() - deadline >= 0) {
                    throw new UploadStoppedException("no more bytes came in time");
                }
                byte[] next = ready.poll();
                if (next != null) {
                    taken(next.length);
                    return next;
                }
                if (failure != null) {
                    throw failure;
                }
                if (ended) {
                    return null;
                }
                if (!reading && !ahead) {
                    break;
                }
                readOn();
                await();
            }
        } finally {
            lock.unlock();
        }
        return source.next(SMALL_STEP);
    }

    @SuppressWarnings("WaitNotInLoop") // the loop is in get()
    private void await() {
        waiting = true;
        try {
            if (!bounded) {
                changed.await();
            } else {
                var _ = changed.awaitNanos(deadline - System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CloseConnectionException("interrupted while waiting for the client", e);
        } finally {
            waiting = false;
        }
    }

    private void taken(int bytes) {
        readyBytes -= bytes;
        if (ready.isEmpty()) {
            budget.giveBack(borrowed);
            borrowed = 0;
        }
        readOn();
    }

    private void readOn() {
        if (ahead && !reading && !ended && failure == null && mayReadMore()) {
            reading = true;
            paceFrom(System.nanoTime());
            Thread.ofVirtual().name("client-bytes").start(this::read);
        }
    }

    private boolean mayReadMore() {
        if (readyBytes < AHEAD + borrowed) {
            return true;
        }
        if (readyBytes < FAR_AHEAD && budget.tryTake(STEP)) {
            borrowed += STEP;
            return true;
        }
        return false;
    }

    private void read() {
        int step = SMALL_STEP;
        boolean more = true;
        while (more) {
            // A large buffer is used only if the budget has memory for it, since the connection may be idle for a long
            // time.
            boolean isLarge = step == STEP && budget.tryTake(STEP);
            int atMost = isLarge ? STEP : SMALL_STEP;
            byte[] bytes = null;
            RuntimeException broken = null;
            try {
                bytes = source.next(atMost);
            } catch (RuntimeException e) {
                broken = e;
            }
            if (isLarge) {
                budget.giveBack(STEP);
            }
            step = bytes != null && bytes.length == atMost ? STEP : SMALL_STEP;
            more = arrived(bytes, broken);
        }
    }

    private boolean arrived(byte @Nullable [] bytes, @Nullable RuntimeException broken) {
        lock.lock();
        try {
            failure = broken;
            ended = bytes == null && broken == null;
            if (bytes != null) {
                ready.add(bytes);
                readyBytes += bytes.length;
                progress(bytes.length);
            } else {
                tellGone();
            }
            reading = bytes != null && ahead && mayReadMore();
            changed.signalAll();
            return reading;
        } finally {
            lock.unlock();
        }
    }

    private void tellGone() {
        if (gone != null) {
            // In a thread of its own: it may take locks that are held by a thread which waits for this one.
            Thread.ofVirtual().name("client-gone").start(gone);
            gone = null;
        }
    }

    private void progress(int bytes) {
        paceBytes += bytes;
        if (paceBytes >= PROGRESS) {
            paceFrom(System.nanoTime());
        }
    }

    private void paceFrom(long now) {
        paceSince = now;
        paceBytes = 0;
    }
}
