package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.ProtocolException;
import dev.sandpool.runner.sandbox.Deadline;
import java.io.IOException;
import java.time.Duration;

/** Finds out why a sandbox ended without EXIT, from every source that may know. */
final class Inquest {
    // The kubelet looks once a second and the watch takes time: 0.6 to 1 s after the stream broke, over 1.6 s on a busy
    // node.
    private static final Duration LONGEST = Duration.ofSeconds(3);

    private Inquest() {}

    /** Waits for an explanation, but not beyond the deadline. */
    static Origin.Death of(IOException reason, Transport transport, Origin origin, Deadline deadline)
            throws InterruptedException {
        String stream = "%s; %s".formatted(reason.getMessage(), transport.explanation());
        if (reason instanceof ProtocolException) {
            return new Origin.Death(Origin.Cause.OTHER, stream); // it was alive enough to violate the protocol
        }
        Origin.Death death = origin.causeOfDeath(deadline.atMost(LONGEST).left());
        return new Origin.Death(death.cause(), "%s; %s".formatted(stream, death.detail()));
    }
}
