package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.ProtocolException;
import dev.sandpool.runner.sandbox.Deadline;
import java.io.IOException;
import java.time.Duration;

/** Finds out why a sandbox ended without EXIT, from every source that may know. */
final class CauseOfDeath {
    // The kubelet looks once a second and the watch takes time: 0.6 to 1 s after the stream broke, over 1.6 s on a busy
    // node.
    private static final Duration LONGEST = Duration.ofSeconds(3);

    private CauseOfDeath() {}

    /** Waits for an explanation, but not beyond the deadline. */
    static SandboxHost.Death of(IOException reason, Transport transport, SandboxHost host, Deadline deadline)
            throws InterruptedException {
        String stream = "%s; %s".formatted(reason.getMessage(), transport.explanation());
        if (reason instanceof ProtocolException) {
            return new SandboxHost.Death(
                    SandboxHost.Cause.OTHER, stream); // it was alive enough to violate the protocol
        }
        SandboxHost.Death death = host.causeOfDeath(deadline.atMost(LONGEST).left());
        return new SandboxHost.Death(death.cause(), "%s; %s".formatted(stream, death.detail()));
    }
}
