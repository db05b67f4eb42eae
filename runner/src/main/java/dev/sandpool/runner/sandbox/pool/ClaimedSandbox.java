package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.Launchers;
import dev.sandpool.runner.sandbox.OutputSink;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.Sandbox;
import dev.sandpool.runner.sandbox.Sandboxes;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/** A claimed sandbox as the pool's caller gets it. It also reports its end to the pool. */
public final class ClaimedSandbox implements Sandbox {
    /** The longest wait, before a sandbox is used again, for a signal that is being written. */
    static final Duration LONGEST_SIGNAL = Duration.ofSeconds(1);

    private final Sandbox sandbox;
    private final Revision revision;
    private final int run;
    private final Launchers launchers;
    private final boolean comesBack;
    private final Duration longestSignal;
    private final Owner owner;
    private final AtomicBoolean over = new AtomicBoolean();

    // Held while a signal is written. If it came after the next START, it would reach the next run, perhaps another
    // caller's.
    private final ReentrantLock signalling = new ReentrantLock();

    private volatile boolean usable;

    /** The listener of a claimed sandbox. Either {@link #takeBack} or {@link #released} is called, once. */
    interface Owner {
        /** Called first, when the run has ended in any way. */
        void ran();

        /** Called when the run is over and the sandbox has been asked to get ready for another one. */
        void takeBack();

        /** Called when the sandbox is closed. */
        void released();
    }

    /**
     * @param run the number of the run in this sandbox, from 1
     * @param comesBack whether the sandbox was asked to {@linkplain Sandboxes.WarmSandbox#stayAfterRun stay}
     * @param longestSignal the longest that {@link #close} waits for a signal that is being written
     */
    ClaimedSandbox(
            Sandbox sandbox,
            Revision revision,
            int run,
            Launchers launchers,
            boolean comesBack,
            Duration longestSignal,
            Owner owner) {
        this.sandbox = sandbox;
        this.revision = revision;
        this.run = run;
        this.launchers = launchers;
        this.comesBack = comesBack;
        this.longestSignal = longestSignal;
        this.owner = owner;
    }

    @Override
    public String name() {
        return sandbox.name();
    }

    /** Returns the number of the run in this sandbox, from 1. */
    public int run() {
        return run;
    }

    /** Returns the revision of the sandbox, which has the limits of the run. */
    public Revision revision() {
        return revision;
    }

    @Override
    public RunResult run(ProgramRequest request, OutputSink output, Runnable progress) {
        RunResult result = sandbox.run(request.with(launchers), output, progress);
        owner.ran();
        usable = comesBack && result.outcome().leavesSandboxReusable();
        return result;
    }

    /**
     * Sends a signal to the program. Does nothing after {@link #close}. Blocks while the sandbox does not read. From
     * any thread.
     */
    @Override
    public void signal(int number) {
        signalling.lock();
        try {
            if (!over.get()) {
                sandbox.signal(number);
            }
        } finally {
            signalling.unlock();
        }
    }

    @Override
    public Duration timeLeft() {
        return sandbox.timeLeft();
    }

    /** Ends the run at once, for a cancellation: the sandbox serves no other. Waits for nothing, unlike {@link #close}. From any thread. */
    public void abandon() {
        if (over.compareAndSet(false, true)) {
            giveUp();
        }
    }

    private void giveUp() {
        sandbox.close();
        owner.released();
    }

    /** Waits for a signal that is being written, if the sandbox is to serve again. */
    @Override
    public void close() {
        if (!over.compareAndSet(false, true)) {
            return;
        }
        if (usable && noSignalIsBeingWritten()) {
            owner.takeBack();
        } else {
            giveUp();
        }
    }

    private boolean noSignalIsBeingWritten() {
        try {
            if (!signalling.tryLock(longestSignal.toNanos(), TimeUnit.NANOSECONDS)) {
                return false;
            }
            signalling.unlock();
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
