package dev.sandpool.runner.sandbox.session;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.ThreadFactory;

/**
 * The two byte streams between a runner and one contained. The code that opened a transport closes it. Closing wakes
 * all threads that wait on it.
 */
public interface Transport extends AutoCloseable {
    /** Returns what contained sends; only one thread may read it. It ends when contained or the connection ends. */
    InputStream up();

    /**
     * Returns the stream to contained. A write blocks while contained does not read, and fails after the transport is
     * closed.
     */
    OutputStream down();

    /**
     * Returns the factory of the thread that reads {@link #up}: a virtual thread, unless a blocked read would pin its
     * carrier.
     */
    ThreadFactory readers();

    /** Begins a new sandbox: limits on what contained writes, and the explanation, start anew. */
    void nextSandbox();

    /** Returns what this end knows about the end of the stream, for the log; bounded in size. */
    String explanation();

    /** From any thread. A second call does nothing. */
    @Override
    void close();
}
