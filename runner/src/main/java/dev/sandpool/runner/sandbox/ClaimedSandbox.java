package dev.sandpool.runner.sandbox;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** What a pool's caller gets: a sandbox whose end is the pool's business too. */
public final class ClaimedSandbox implements Sandbox {
    private final Sandbox sandbox;
    private final Revision revision;
    private final Launchers launchers;
    private final Runnable released;
    private final AtomicBoolean over = new AtomicBoolean();

    ClaimedSandbox(Sandbox sandbox, Revision revision, Launchers launchers, Runnable released) {
        this.sandbox = sandbox;
        this.revision = revision;
        this.launchers = launchers;
        this.released = released;
    }

    @Override
    public String name() {
        return sandbox.name();
    }

    /** What it is, and what a run in it may take. */
    public Revision revision() {
        return revision;
    }

    @Override
    public RunResult run(RunRequest request, OutputSink output, Runnable progress) {
        return sandbox.run(request.with(launchers), output, progress);
    }

    @Override
    public void signal(int number) {
        sandbox.signal(number);
    }

    @Override
    public Duration timeLeft() {
        return sandbox.timeLeft();
    }

    @Override
    public void close() {
        if (over.compareAndSet(false, true)) {
            sandbox.close();
            released.run();
        }
    }
}
