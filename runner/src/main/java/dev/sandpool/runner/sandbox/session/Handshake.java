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

/** Waits for the HELLO of contained, the first one and those between runs, and checks its facts against the requirements. */
final class Handshake {
    // The first PING is sent again after this time, in case it came before the attach had reached contained.
    private static final Duration PING_AGAIN_AFTER = Duration.ofSeconds(1);

    private final Inbox inbox;
    private final IsolationRequirements requirements;

    /** Sends a PING. */
    interface Pinger {
        void ping() throws IOException;
    }

    Handshake(Inbox inbox, IsolationRequirements requirements) {
        this.inbox = inbox;
        this.requirements = requirements;
    }

    /** Waits for the first HELLO, for which contained needs a PING. Returns the reported facts. */
    Facts first(Pinger pinger, Deadline deadline) throws IOException, SandboxStartException, InterruptedException {
        while (!deadline.isOver()) {
            try {
                pinger.ping();
            } catch (IOException e) {
                // The way down broke. The frames that came before, and the reason, are in the inbox.
            }
            Frame.Up frame = inbox.take(deadline.atMost(PING_AGAIN_AFTER));
            if (frame != null) {
                return check(frame, 0);
            }
        }
        throw new SandboxStartException(Reason.DEADLINE, "attached, but contained sent no HELLO in time");
    }

    /**
     * Waits for the HELLO after a run, which the same or the next sandbox sends unasked. Returns the reported facts.
     */
    Facts again(int runs, Deadline deadline) throws IOException, SandboxStartException, InterruptedException {
        Frame.Up frame = inbox.take(deadline);
        if (frame == null) {
            throw new SandboxStartException(Reason.DEADLINE, "contained sent no HELLO in time after the run");
        }
        return check(frame, runs);
    }

    private Facts check(Frame.Up frame, int runs) throws ProtocolException, SandboxStartException {
        if (!(frame instanceof Hello hello)) {
            throw new ProtocolException(
                    "not HELLO first but " + frame.getClass().getSimpleName());
        }
        var violated = requirements.after(runs).violated(hello.facts());
        if (violated.isPresent()) {
            throw new SandboxStartException(Reason.REFUSED_FACT, violated.get());
        }
        return hello.facts();
    }
}
