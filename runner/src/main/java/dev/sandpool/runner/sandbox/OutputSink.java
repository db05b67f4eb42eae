package dev.sandpool.runner.sandbox;

import java.io.IOException;
import java.time.Duration;

/**
 * Where a program's output goes, in the order in which it comes. Called by the thread that calls {@link Sandbox#run} only; blocking
 * here holds the program back. The sink never sees more than the output limit of each stream.
 */
public interface OutputSink {
    /** How long it takes to pass on what has come so far when the run is over: so much earlier it has to be. */
    default Duration timeToAnswer() {
        return Duration.ZERO;
    }

    /** The program runs; before any output. */
    default void started() {}

    /** The next bytes of one of its streams. */
    void write(Stream stream, byte[] from, int offset, int length) throws IOException;
}
