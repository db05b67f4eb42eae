package dev.sandpool.runner.sandbox;

import dev.sandpool.protocol.Omission;
import java.io.IOException;

/**
 * Receives the files that a program left, one after the other, when all of its output has come. Only the thread that
 * calls {@link Sandbox#run} calls it. A sink never receives more bytes than the limit of working files.
 */
public interface FileSink {
    /** Drops everything. */
    FileSink NONE = new FileSink() {
        @Override
        public void begin(String name) {
            // Dropped.
        }

        @Override
        public void write(byte[] from, int offset, int length) {
            // Dropped.
        }

        @Override
        public void end(boolean truncated) {
            // Dropped.
        }

        @Override
        public void omitted(OmittedFiles files) {
            // Dropped.
        }
    };

    /**
     * Files that the caller wants and does not get.
     *
     * @param reason as in {@code docs/protocol.md}
     * @param count 1 if there is a name; 0 if nobody knows how many
     * @param name of the one file; empty if they have no names here
     */
    record OmittedFiles(String reason, long count, String name) {
        /** The reason of files for which there is no more room. */
        public static final String TOO_MANY = Omission.TOO_MANY.wireName();
    }

    /** Returns whether a call may wait for a client that reads slowly. */
    default boolean mayWaitForClient() {
        return false;
    }

    /** Begins a file. Its name is relative to the program's folder, and no file before has the same. */
    void begin(String name);

    /** Receives the next bytes of the file. */
    void write(byte[] from, int offset, int length) throws IOException;

    /** Ends the file. */
    void end(boolean truncated);

    void omitted(OmittedFiles files);
}
