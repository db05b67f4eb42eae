package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Frame;
import dev.sandpool.runner.sandbox.Deadline;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A bounded queue of received frames. When it is full, a program that floods is blocked. Thread-safe. */
final class Inbox {
    // Half a MiB per sandbox: enough that the reader and the sink do not wait for each other at each frame.
    private static final int FRAMES_AHEAD = 8;

    private final Queue<Frame.Up> frames = new ArrayDeque<>();
    private @Nullable IOException end;

    /** Adds a frame; blocks while the queue is full. Drops the frame after {@link #end}. */
    synchronized void put(Frame.Up frame) throws InterruptedException {
        while (frames.size() >= FRAMES_AHEAD && end == null) {
            wait();
        }
        if (end == null) {
            frames.add(frame);
            notifyAll();
        }
    }

    /** Ends the queue. Only the first reason counts. */
    synchronized void end(IOException reason) {
        if (end == null) {
            end = reason;
        }
        notifyAll();
    }

    /** Returns whether {@link #take} would return or throw at once. */
    synchronized boolean hasNews() {
        return !frames.isEmpty() || end != null;
    }

    /**
     * Returns the next frame, or null when the deadline has passed.
     *
     * @throws IOException the reason given to {@link #end}, after the last frame
     */
    synchronized Frame.@Nullable Up take(Deadline deadline) throws IOException, InterruptedException {
        while (frames.isEmpty()) {
            if (end != null) {
                throw end;
            }
            if (deadline.isOver()) {
                return null;
            }
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(deadline.left().toNanos(), 1));
        }
        notifyAll();
        return frames.remove();
    }

    /** Creates the reason for a stream that ends between two frames. */
    static IOException endOfStream() {
        return new EOFException("the stream ended");
    }
}
