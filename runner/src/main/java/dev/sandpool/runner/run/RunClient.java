package dev.sandpool.runner.run;

/** Who sends a run's bytes, as far as a run has to know: whether he is gone, how fast he is, and how to stop waiting for him. */
public interface RunClient {
    /** From now on {@code gone} is run once when the client has gone, by a thread of its own. */
    void readAhead(Runnable gone);

    /** Ends what {@link #readAhead} began. */
    void readOnDemand();

    /** Nobody waits for bytes of the program longer than until then. */
    void waitUntil(long nanoTime);

    /** Ends a wait for bytes, now and each later one of this run, by that exception. From any thread. */
    void stop(RuntimeException why);

    /** Counts the pace of the upload from here on. */
    void startPace();

    /** Whether somebody waits for bytes of this client, and the client has made no progress for so long. */
    boolean stalledFor(long nanos);

    /** Whether a read would not wait. */
    boolean isReady();
}
