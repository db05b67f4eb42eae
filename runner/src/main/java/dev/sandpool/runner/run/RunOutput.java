package dev.sandpool.runner.run;

import dev.sandpool.runner.sandbox.OutputSink;
import dev.sandpool.runner.sandbox.StandardStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** The destination of a run's output in the runner. */
public interface RunOutput extends OutputSink {
    /** Called with the sandbox of the run. Called once more if that sandbox was lost before the program started. */
    void claimed(CompletedRun.SandboxUse use);

    /**
     * Sets the time in which a client that reads the output live must have taken everything so far and everything that
     * comes meanwhile. A run does not hold its slot for a client that does not read. Called again when the time
     * changes; from any thread.
     */
    default void mustBeTakenWithin(Duration time) {}

    /** Returns whether the program has started. */
    boolean hasStarted();

    /** Returns how many bytes of the stream came. */
    long bytes(StandardStream stream);

    /** Returns why output could not be stored, which means that the stored output is incomplete. */
    Optional<IOException> failure();
}
