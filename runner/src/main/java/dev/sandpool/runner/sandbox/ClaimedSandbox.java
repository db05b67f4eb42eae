package dev.sandpool.runner.sandbox;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** What a pool's caller gets: a sandbox whose end is the pool's business too. */
final class ClaimedSandbox implements Sandbox {
    private final Sandbox sandbox;
    private final Launchers launchers;
    private final Runnable released;
    private final AtomicBoolean over = new AtomicBoolean();

    ClaimedSandbox(Sandbox sandbox, Launchers launchers, Runnable released) {
        this.sandbox = sandbox;
        this.launchers = launchers;
        this.released = released;
    }

    @Override
    public String name() {
        return sandbox.name();
    }

    @Override
    public RunResult run(RunRequest request, OutputSink output, Runnable progress) {
        return sandbox.run(request.with(launchers), output, progress);
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
