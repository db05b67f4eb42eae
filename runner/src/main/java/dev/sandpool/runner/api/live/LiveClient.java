package dev.sandpool.runner.api.live;

import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.run.RunClient;
import dev.sandpool.runner.run.UploadStoppedException;
import dev.sandpool.runner.sandbox.ByteQueue;
import org.jspecify.annotations.Nullable;

/** The client of a live run. The thread of the connection hands over what it sends in messages. */
final class LiveClient implements RunClient {
    private final ByteQueue program;
    private final ByteQueue standardInput;

    // Guarded by this.
    private @Nullable Runnable gone;
    private boolean hasGone;

    /**
     * The limit of one of the two channels: a little memory of its own, and more while the budget has some. A full
     * channel blocks the connection's thread, so TCP slows the client down.
     */
    private static final class BorrowedRoom implements ByteQueue.Bound {
        private static final int MAX_BYTES = 256 * 1024;
        // Two pieces of a message.
        private static final int OWN_BYTES = 32 * 1024;

        private final MemoryBudget memory;
        private int borrowed;

        BorrowedRoom(MemoryBudget memory) {
            this.memory = memory;
        }

        /**
         * Waiting bytes are read sooner or later, so the queue always gets room again, even if others have borrowed
         * all memory.
         */
        @Override
        public boolean reserve(int waiting, int more) {
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
        public boolean isFull(int waiting) {
            return waiting >= MAX_BYTES;
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

    /** Ends the connection. No further event reaches the client. */
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
