package dev.sandpool.runner.sandbox;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** What a pool's caller gets: a sandbox whose end is the pool's business too. */
final class ClaimedSandbox implements Sandbox {
    private final Sandbox sandbox;
    private final boolean comesBack;
    private final Owner owner;
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile boolean usable;

    /** Told once, which of the two. */
    interface Owner {
        /** Its run is over, and it has been asked to be ready for another. */
        void takeBack();

        /** It is closed. */
        void released();
    }

    /** @param comesBack whether the sandbox was asked to {@linkplain Sandboxes.WarmSandbox#stayAfterRun stay} */
    ClaimedSandbox(Sandbox sandbox, boolean comesBack, Owner owner) {
        this.sandbox = sandbox;
        this.comesBack = comesBack;
        this.owner = owner;
    }

    @Override
    public String name() {
        return sandbox.name();
    }

    @Override
    public RunResult run(RunRequest request, OutputSink output, Runnable progress) {
        RunResult result = sandbox.run(request, output, progress);
        usable = comesBack && endedAsItShould(result);
        return result;
    }

    private static boolean endedAsItShould(RunResult result) {
        return switch (result) {
            case RunResult.Exited _,
                    RunResult.Signalled _,
                    RunResult.TimedOut _,
                    RunResult.OutputTooLarge _,
                    RunResult.OutOfMemory _,
                    RunResult.FailedToStart _ -> true;
            case RunResult.Unanswered _,
                    RunResult.ProgramTooLarge _,
                    RunResult.UploadFailed _,
                    RunResult.Cancelled _,
                    RunResult.SandboxLost _ -> false;
        };
    }

    @Override
    public Duration timeLeft() {
        return sandbox.timeLeft();
    }

    @Override
    public void close() {
        if (!over.compareAndSet(false, true)) {
            return;
        }
        if (usable) {
            owner.takeBack();
        } else {
            sandbox.close();
            owner.released();
        }
    }
}
