package dev.sandpool.runner.run;

import dev.sandpool.runner.sandbox.OutputSink;
import dev.sandpool.runner.sandbox.Stream;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Where a run's output goes on the runner's side. */
public interface RunOutput extends OutputSink {
    /** It runs in that sandbox; said once more if that one was lost before the program began. */
    void claimed(CompletedRun.SandboxUse use);

    /**
     * Whoever is told of the output while it comes must have taken all of it so far, and all that comes meanwhile, within that time: a run
     * does not hold its slot for one that does not read. Said anew when the time changes; from any thread.
     */
    default void mustBeTakenWithin(Duration time) {}

    /** Whether the program began. */
    boolean hasStarted();

    /** How many bytes of that stream came. */
    long bytes(Stream stream);

    /** Why output could not be kept: then what there is of it is not whole. */
    Optional<IOException> failure();
}
