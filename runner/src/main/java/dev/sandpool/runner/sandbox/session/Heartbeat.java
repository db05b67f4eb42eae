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
    // Up to here nobody has to answer, and whoever can may.
    private long excused;

    /** The next PING; to be sent by the caller. */
    synchronized Frame.Ping next() {
        sent++;
        return new Frame.Ping(payload(sent));
    }

    synchronized void answered(Frame.Pong pong) throws ProtocolException {
        long number = number(pong.bytes());
        if (number <= answered || number > sent || number > Math.max(answered, excused) + 1) {
            throw new ProtocolException("a PONG that answers no PING");
        }
        answered = number;
        notifyAll();
    }

    /** Another sandbox has greeted, which is as good as an answer: what was asked of the one before may have ended with it. */
    synchronized void succeeded() {
        excused = sent;
        notifyAll();
    }

    /** Whether all that were sent are answered before the deadline. */
    synchronized boolean awaitAnswers(Deadline deadline) throws InterruptedException {
        long wanted = sent;
        while (Math.max(answered, excused) < wanted && !deadline.isOver()) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(deadline.left().toNanos(), 1));
        }
        return Math.max(answered, excused) >= wanted;
    }

    /** 0 of what is none. */
    private static long number(Bytes payload) {
        return payload.size() == Long.BYTES
                ? ByteBuffer.wrap(payload.toByteArray()).getLong()
                : 0;
    }

    private static Bytes payload(long number) {
        return Bytes.view(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
    }
}
