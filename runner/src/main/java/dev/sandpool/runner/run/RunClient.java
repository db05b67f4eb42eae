package dev.sandpool.runner.run;

/**
 * The client that sends a run's bytes, as far as a run has to know: whether it is gone, how fast it sends, and how to
 * stop waiting for it.
 */
public interface RunClient {
    /** Starts to read ahead. Runs {@code gone} once, in a thread of its own, when the client has gone. */
    void readAhead(Runnable gone);

    /** Ends what {@link #readAhead} began. */
    void readOnDemand();

    /** Sets the upload deadline, as a {@link System#nanoTime} value. */
    void waitUntil(long nanoTime);

    /** Makes the current and each later wait for bytes of this run throw {@code why}. From any thread. */
    void stop(RuntimeException why);

    /** Restarts the clock of {@link #stalledFor}. */
    void startPace();

    /**
     * Returns whether a thread waits for bytes of this client, and the client has made no progress for {@code nanos}
     * nanoseconds.
     */
    boolean stalledFor(long nanos);

    /** Returns whether a read would return without waiting. */
    boolean isReady();
}
