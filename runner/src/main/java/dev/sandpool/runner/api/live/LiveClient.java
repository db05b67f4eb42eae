package dev.sandpool.runner.api.live;

import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.run.RunClient;
import dev.sandpool.runner.run.UploadStoppedException;
import dev.sandpool.runner.sandbox.ByteQueue;
import org.jspecify.annotations.Nullable;

/** The client of a live run: what it sends comes in messages, which the connection's thread hands over. */
final class LiveClient implements RunClient {
    private final ByteQueue program;
    private final ByteQueue standardInput;

    // Guarded by this.
    private @Nullable Runnable gone;
    private boolean hasGone;

    /** What one of the two may hold: a little of its own, and more as long as there is memory. The client waits for room, so TCP holds it back. */
    private static final class BorrowedRoom implements ByteQueue.Bound {
        private static final int MAX_BYTES = 256 * 1024;
        // Two pieces of a message.
        private static final int OWN_BYTES = 32 * 1024;

        private final MemoryBudget memory;
        private int borrowed;

        BorrowedRoom(MemoryBudget memory) {
            this.memory = memory;
        }

        /** What waits is read sooner or later, so there always is room again, whoever else has borrowed all memory. */
        @Override
        public boolean admits(int waiting, int more) {
            if (waiting + more <= OWN_BYTES + borrowed) {
                return true;
            }
            if (waiting + more <= MAX_BYTES && memory.tryTake(more)) {
                borrowed += more;
                return true;
            }
            return waiting == 0;
        }

        @Override
        public void emptied() {
            memory.giveBack(borrowed);
            borrowed = 0;
        }
    }

    LiveClient(MemoryBudget memory) {
        program = new ByteQueue(new BorrowedRoom(memory));
        standardInput = new ByteQueue(new BorrowedRoom(memory));
    }

    ByteQueue program() {
        return program;
    }

    ByteQueue standardInput() {
        return standardInput;
    }

    /** The connection is over: nobody will hear of the run any more. */
    void leave() {
        Runnable listener;
        synchronized (this) {
            hasGone = true;
            listener = gone;
            gone = null;
        }
        stop(new UploadStoppedException("the client has gone"));
        if (listener != null) {
            listener.run();
        }
    }

    @Override
    public void readAhead(Runnable listener) {
        synchronized (this) {
            if (!hasGone) {
                gone = listener;
                return;
            }
        }
        listener.run();
    }

    @Override
    public synchronized void readOnDemand() {
        gone = null;
    }

    @Override
    public void waitUntil(long nanoTime) {
        program.waitUntil(nanoTime, () -> new UploadStoppedException("no more bytes came in time"));
    }

    @Override
    public void stop(RuntimeException why) {
        program.fail(why);
        standardInput.fail(why);
    }

    @Override
    public void startPace() {
        program.startPace();
    }

    @Override
    public boolean stalledFor(long nanos) {
        return program.stalledFor(nanos);
    }

    @Override
    public boolean isReady() {
        return program.available() > 0;
    }
}
