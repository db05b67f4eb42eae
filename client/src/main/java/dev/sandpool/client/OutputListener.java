package dev.sandpool.client;

import java.io.IOException;

/** Is told what a program prints, as it comes. Called by the thread that runs the program, one call after the other. */
@FunctionalInterface
public interface OutputListener {
    /** One of a program's two streams. */
    enum Stream {
        STDOUT,
        STDERR
    }

    /** Some bytes; what this throws ends the run. */
    void printed(Stream stream, byte[] bytes) throws IOException;
}
