package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Frame;
import dev.sandpool.runner.sandbox.Deadline;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The frames that came and that nobody took yet: few, so that a program that floods is held back and not stored. */
final class Inbox {
    // Half a MiB a sandbox: enough that the reader and the sink do not wait for each other at each frame.
    private static final int FRAMES_AHEAD = 8;

    private final Queue<Frame.Up> frames = new ArrayDeque<>();
    private @Nullable IOException end;

    /** Blocks while there are too many. After {@link #end} frames are dropped. */
    synchronized void put(Frame.Up frame) throws InterruptedException {
        while (frames.size() >= FRAMES_AHEAD && end == null) {
            wait();
        }
        if (end == null) {
            frames.add(frame);
            notifyAll();
        }
    }

    /** No more will come. The first reason counts. */
    synchronized void end(IOException reason) {
        if (end == null) {
            end = reason;
        }
        notifyAll();
    }

    /** Whether {@link #take} would return or throw at once. */
    synchronized boolean hasNews() {
        return !frames.isEmpty() || end != null;
    }

    /**
     * The next frame, or null when the deadline passed.
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

    /** The end of the stream where a frame may end. */
    static IOException endOfStream() {
        return new EOFException("the stream ended");
    }
}
