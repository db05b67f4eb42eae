package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.ProtocolException;
import dev.sandpool.runner.sandbox.Deadline;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/** The PINGs that were sent and the PONGs that came back: each carries its number, so none can be forged or answered twice. */
final class Heartbeat {
    private long sent;
    private long answered;

    /** The next PING; to be sent by the caller. */
    synchronized Frame.Ping next() {
        sent++;
        return new Frame.Ping(payload(sent));
    }

    synchronized void answered(Frame.Pong pong) throws ProtocolException {
        if (answered == sent || !pong.bytes().equals(payload(answered + 1))) {
            throw new ProtocolException("a PONG that answers no PING");
        }
        answered++;
        notifyAll();
    }

    /** Whether all that were sent are answered before the deadline. */
    synchronized boolean awaitAnswers(Deadline deadline) throws InterruptedException {
        long wanted = sent;
        while (answered < wanted && !deadline.isOver()) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(deadline.left().toNanos(), 1));
        }
        return answered >= wanted;
    }

    private static Bytes payload(long number) {
        return Bytes.view(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
    }
}
