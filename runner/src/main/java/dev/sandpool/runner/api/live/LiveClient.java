package dev.sandpool.runner.api.live;

import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.run.RunClient;
import dev.sandpool.runner.run.UploadStoppedException;
import org.jspecify.annotations.Nullable;

/** The client of a live run: what it sends comes in messages, which the connection's thread hands over. */
final class LiveClient implements RunClient {
    private final LiveChannel program;
    private final LiveChannel standardInput;

    // Guarded by this.
    private @Nullable Runnable gone;
    private boolean hasGone;

    LiveClient(MemoryBudget memory) {
        program = new LiveChannel(memory);
        standardInput = new LiveChannel(memory);
    }

    LiveChannel program() {
        return program;
    }

    LiveChannel standardInput() {
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
        program.waitUntil(nanoTime);
    }

    @Override
    public void stop(RuntimeException why) {
        program.stop(why);
        standardInput.stop(why);
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
