package dev.sandpool.runner.sandbox;

import java.io.IOException;
import java.time.Duration;

/**
 * Receives the output of a program, in the order in which it arrives. Only the thread that calls {@link Sandbox#run}
 * calls it. Blocking here blocks the program. A sink never receives more of a stream than the output limit.
 */
public interface OutputSink {
    /**
     * Returns the time that the sink needs to pass on its output after the run. The run has to end that much earlier.
     */
    default Duration timeToAnswer() {
        return Duration.ZERO;
    }

    /** Called when the program has started, before any output. */
    default void started() {}

    /** Returns the sink for the files that the program left. */
    default FileSink files() {
        return FileSink.NONE;
    }

    /** Receives the next bytes of one of the streams. If that fails, the run is {@link RunResult.Cancelled}. */
    void write(StandardStream stream, byte[] from, int offset, int length) throws IOException;
}
