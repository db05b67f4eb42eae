package dev.sandpool.runner.sandbox;

import java.time.Duration;

/** One warm sandbox, for one run. Whoever claimed it closes it, whatever happened. */
public interface Sandbox extends AutoCloseable {
    /** For the log: a pod's name, or {@code local-N}. */
    String name();

    /**
     * Runs one program. The run's clock starts here, so the upload is inside it; returns within {@code runTimeout}, except while
     * reading {@link RunRequest#input()} blocks. May be called once.
     *
     * @param progress told when the last byte of the program was handed over
     */
    RunResult run(RunRequest request, OutputSink output, Runnable progress);

    /** Sends a signal, 1 to 31, to the program, if one runs. From any thread; may block while the sandbox does not read. */
    void signal(int number);

    /** The time left of the run, from its claim; the whole run timeout before {@link #run}. */
    Duration timeLeft();

    /**
     * Ends the run and the sandbox, at once and from any thread; a {@link #run} under way returns {@link RunResult.Cancelled} as
     * soon as it is not blocked in its caller's upload. The removal of the pod goes on in the background. Does nothing the second time.
     */
    @Override
    void close();
}
