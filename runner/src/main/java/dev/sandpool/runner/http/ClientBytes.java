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
 * The bytes that one client sends. Outside a run the connection's own thread reads them; during a run a second thread reads
 * ahead, as Go's server does, for three reasons: the end of the stream is seen while nobody wants bytes (the client has gone),
 * whoever waits for bytes can stop waiting without closing the connection, and the socket is emptied while a sandbox takes the
 * program. Nothing that was read is lost: what came early, a pipelined request say, is what {@link #get} gives next.
 */
public final class ClientBytes implements RunClient, Supplier<byte @Nullable []> {
    // Each run may hold this much without asking.
    private static final int AHEAD = 128 * 1024;
    // With memory to spare, a typical program (2.5 MB) fits whole: only then is it seen that a client in the queue
    // has gone.
    private static final int FAR_AHEAD = 4 * 1024 * 1024;
    private static final int STEP = 64 * 1024;
    // Fewer bytes than this in the time that makes an upload a stalled one are no progress. At this pace a program
    // of 1 MB would take 16 seconds, far beyond any run's time, so nobody loses who could have won.
    private static final int PROGRESS = 16 * 1024;

    /** Where the bytes come from. */
    @FunctionalInterface
    interface Source {
        /** Blocks for the next bytes, at most so many; null at their end. */
        byte @Nullable [] next(int atMost);
    }

    // What a connection that waits for its next request holds.
    private static final int SMALL_STEP = 8 * 1024;

    private final Source source;
    private final MemoryBudget budget;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // All below guarded by lock.
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

    /** From now on a second thread reads ahead, and runs {@code gone} once when the client has gone. */
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

    /** Ends what {@link #readAhead} began. A read under way stays; its bytes are the next request's. */
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

    /** The connection is over. */
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

    /** {@link #get} waits no longer than until then. */
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

    /** Ends a wait for bytes, now and each later one of this run, by that exception. From any thread. */
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

    /** Counts the pace of the upload from here on. */
    @Override
    public void startPace() {
        lock.lock();
        try {
            paceFrom(System.nanoTime());
        } finally {
            lock.unlock();
        }
    }

    /** Whether somebody waits for bytes of this client, and the client has made no progress for so long. */
    @Override
    public boolean stalledFor(long nanos) {
        lock.lock();
        try {
            return waiting && reading && System.nanoTime() - paceSince >= nanos;
        } finally {
            lock.unlock();
        }
    }

    /** How many bytes came that nobody has taken yet. */
    int held() {
        lock.lock();
        try {
            return readyBytes;
        } finally {
            lock.unlock();
        }
    }

    /** Whether {@link #get} would not wait. */
    @Override
    public boolean isReady() {
        lock.lock();
        try {
            return !ready.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** The next bytes, or null at their end. Called by the connection's thread only. */
    @Override
    public byte @Nullable [] get() {
        lock.lock();
        try {
            while (true) {
                if (stopped != null) {
                    throw stopped;
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

    @SuppressWarnings("WaitNotInLoop") // get() is the loop
    private void await() {
        waiting = true;
        try {
            if (!bounded) {
                changed.await();
            } else if (changed.awaitNanos(deadline - System.nanoTime()) <= 0) {
                throw new UploadStoppedException("no more bytes came in time");
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
            // A large buffer is waited with only while there is memory for it: the connection may be idle for long.
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
            // In a thread of its own: it may take locks that are held by whoever waits for this one.
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
