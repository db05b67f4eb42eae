package dev.sandpool.runner.sandbox;

import java.io.IOException;

/**
 * Where a program's output goes, in the order in which it comes. Called by the thread that calls {@link Sandbox#run} only; blocking
 * here holds the program back. The sink never sees more than the output limit of each stream.
 */
public interface OutputSink {
    /** The program runs; before any output. */
    default void started() {}

    void stdout(byte[] from, int offset, int length) throws IOException;

    void stderr(byte[] from, int offset, int length) throws IOException;
}
