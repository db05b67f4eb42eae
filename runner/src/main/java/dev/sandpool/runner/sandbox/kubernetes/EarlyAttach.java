package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.runner.sandbox.session.SandboxHost;
import java.time.Duration;

/**
 * The host of a sandbox that was attached before its container was reported to run. Until it has greeted, the end of
 * its stream is no death.
 */
final class EarlyAttach implements SandboxHost {
    private final SandboxHost pod;
    private volatile boolean greeted;

    EarlyAttach(SandboxHost pod) {
        this.pod = pod;
    }

    void greeted() {
        greeted = true;
    }

    @Override
    public Death causeOfDeath(Duration atMost) throws InterruptedException {
        return greeted ? pod.causeOfDeath(atMost) : new Death(Cause.UNKNOWN, "its container does not run yet");
    }

    @Override
    public void takeBack() {
        if (greeted) {
            pod.takeBack();
        }
    }
}
