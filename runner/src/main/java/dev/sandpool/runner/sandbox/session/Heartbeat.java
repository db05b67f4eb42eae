package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.ProtocolException;
import dev.sandpool.runner.sandbox.Deadline;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/**
 * Matches PONGs with the PINGs that were sent. Each carries a number, so that none can be forged or answered twice.
 * Thread-safe.
 */
final class Heartbeat {
    private long sent;
    private long answered;
    // PINGs up to this number need no answer, but may get one.
    private long excused;

    /** Creates the next PING; the caller has to send it. */
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

    /**
     * Notes that the next sandbox has greeted, which counts as an answer: the PINGs to the one before may be lost with
     * it.
     */
    synchronized void succeeded() {
        excused = sent;
        notifyAll();
    }

    /** Waits until all PINGs are answered. Returns false if they are not by the deadline. */
    synchronized boolean awaitAnswers(Deadline deadline) throws InterruptedException {
        long wanted = sent;
        while (Math.max(answered, excused) < wanted && !deadline.isOver()) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(deadline.left().toNanos(), 1));
        }
        return Math.max(answered, excused) >= wanted;
    }

    /** Returns the number in a PONG; 0 if it is not valid. */
    private static long number(Bytes payload) {
        return payload.size() == Long.BYTES
                ? ByteBuffer.wrap(payload.toByteArray()).getLong()
                : 0;
    }

    private static Bytes payload(long number) {
        return Bytes.view(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
    }
}
