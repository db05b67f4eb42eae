package dev.sandpool.runner.sandbox.session;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.ThreadFactory;

/** The two byte streams between a runner and one contained. Whoever opened it closes it; closing wakes all that wait on it. */
public interface Transport extends AutoCloseable {
    /** What contained says; one thread reads. Ends when contained or the way to it does. */
    InputStream up();

    /** What contained is told. A write blocks while contained does not read, and fails once the transport is closed. */
    OutputStream down();

    /** Makes the thread that reads {@link #up}: a virtual one, except where a blocked read would hold its carrier. */
    ThreadFactory readers();

    /** What was said so far was of a sandbox that is gone: the bounds on what it says, and the explanation, begin anew. */
    void nextSandbox();

    /** What this end knows about how the stream ended, for the log; bounded in size. */
    String explanation();

    /** From any thread. Does nothing the second time. */
    @Override
    void close();
}
