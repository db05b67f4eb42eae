package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Hello;
import dev.sandpool.protocol.ProtocolException;
import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import java.io.IOException;
import java.time.Duration;

/** Waits for contained's HELLO, the first one and those between runs, and holds each to what a sandbox must have found out. */
final class Greeting {
    // Once more after so long, in case the first PING came before the attach had reached contained.
    private static final Duration PING_AGAIN_AFTER = Duration.ofSeconds(1);

    private final Inbox inbox;
    private final Demands demands;

    /** Sends a PING. */
    interface Pinger {
        void ping() throws IOException;
    }

    Greeting(Inbox inbox, Demands demands) {
        this.inbox = inbox;
        this.demands = demands;
    }

    /** contained says nothing before it is asked. What it found. */
    Facts first(Pinger pinger, Deadline deadline) throws IOException, SandboxStartException, InterruptedException {
        while (!deadline.isOver()) {
            try {
                pinger.ping();
            } catch (IOException e) {
                // The way down broke; what came up before, and the reason, are in the inbox.
            }
            Frame.Up frame = inbox.take(deadline.atMost(PING_AGAIN_AFTER));
            if (frame != null) {
                return check(frame, 0);
            }
        }
        throw new SandboxStartException(Reason.DEADLINE, "attached, but contained did not greet in time");
    }

    /** After a run it greets by itself, or the next one does. What it found. */
    Facts again(int runs, Deadline deadline) throws IOException, SandboxStartException, InterruptedException {
        Frame.Up frame = inbox.take(deadline);
        if (frame == null) {
            throw new SandboxStartException(Reason.DEADLINE, "contained did not greet again in time");
        }
        return check(frame, runs);
    }

    private Facts check(Frame.Up frame, int runs) throws ProtocolException, SandboxStartException {
        if (!(frame instanceof Hello hello)) {
            throw new ProtocolException(
                    "not HELLO first but " + frame.getClass().getSimpleName());
        }
        var violated = demands.after(runs).violated(hello.facts());
        if (violated.isPresent()) {
            throw new SandboxStartException(Reason.REFUSED_FACT, violated.get());
        }
        return hello.facts();
    }
}
