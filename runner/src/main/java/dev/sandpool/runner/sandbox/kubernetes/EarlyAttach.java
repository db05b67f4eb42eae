package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.runner.sandbox.session.Origin;
import java.time.Duration;

/** A pod as the origin of a sandbox whose attach came before anybody said that the container runs. Until it has greeted, its end is no death. */
final class EarlyAttach implements Origin {
    private final Origin pod;
    private volatile boolean greeted;

    EarlyAttach(Origin pod) {
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
