package dev.sandpool.runner.sandbox;

import java.time.Duration;

/** A warm sandbox that was claimed for one run. Its claimer must close it in every case. */
public interface Sandbox extends AutoCloseable {
    /** Returns the name for the log: that of the pod, or {@code local-N}. */
    String name();

    /**
     * Runs one program. The clock of the run starts here, so it includes the upload. Returns within {@code runTimeout},
     * unless reading {@link ProgramRequest#input()} blocks. May be called once.
     *
     * @param progress called when the last byte of the program has been sent to the sandbox
     */
    RunResult run(ProgramRequest request, OutputSink output, Runnable progress);

    /**
     * Sends a signal, 1 to 31, to the program, if one is running. From any thread. May block while the sandbox does not
     * read.
     */
    void signal(int number);

    /** Returns the time left for the run, counted from its start; the whole run timeout before {@link #run}. */
    Duration timeLeft();

    /**
     * Gives the sandbox back, from any thread. It ends a running program at once: {@link #run} returns {@link
     * RunResult.Cancelled} unless it is blocked in the caller's upload. The pod is removed, or prepared for another
     * run, in the background. A second call does nothing.
     */
    @Override
    void close();
}
