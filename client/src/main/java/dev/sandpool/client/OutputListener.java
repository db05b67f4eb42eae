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

    /**
     * A file that the program left, or a piece of it: after all output, the pieces of a file one after the other. What
     * this throws ends the run. {@link RunEnding#omittedFiles()} has those that did not come.
     *
     * @param name relative to the program's folder, as the runner says it: it comes from a program that nobody trusts,
     *     and no part of it is {@code ..}
     * @param last whether no piece of the file follows
     * @param truncated in the last piece: whether the file had more bytes, which did not come
     */
    default void file(String name, byte[] bytes, boolean last, boolean truncated) throws IOException {}
}
