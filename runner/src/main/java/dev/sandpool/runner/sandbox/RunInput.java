package dev.sandpool.runner.sandbox;

import dev.sandpool.protocol.Frame;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * What a caller sends, in this order: working files, the program, its standard input. It is read once and is never held
 * whole. The thread that calls {@link Sandbox#run} reads the files and the program. Another thread reads the standard
 * input, from the start of the program until {@link #stop}.
 */
public interface RunInput {
    /**
     * A file next to the program.
     *
     * @param path relative to the program's folder
     */
    record WorkingFile(String path, boolean executable, InputStream content) {
        /** @throws IllegalArgumentException with the rule that the path breaks */
        public WorkingFile {
            var _ = new Frame.File(executable, path);
        }
    }

    /**
     * Returns the next file, or null when there are no more. The content of the file before must have been read to its
     * end.
     */
    @Nullable
    WorkingFile nextFile() throws IOException;

    InputStream program() throws IOException;

    /** Returns whether bytes may follow the program. */
    boolean mayHaveStandardInput();

    /** Returns the standard input. The program must have been read to its end. */
    InputStream standardInput() throws IOException;

    /**
     * Called when a program that had started has ended: a read of its standard input need not wait any longer. From any
     * thread.
     */
    void stop();

    /** Returns an input that is only a program. */
    static RunInput of(InputStream program) {
        return new RunInput() {
            @Override
            public @Nullable WorkingFile nextFile() {
                return null;
            }

            @Override
            public InputStream program() {
                return program;
            }

            @Override
            public boolean mayHaveStandardInput() {
                return false;
            }

            @Override
            public InputStream standardInput() {
                return InputStream.nullInputStream();
            }

            @Override
            public void stop() {
                // No read waits for standard input.
            }
        };
    }
}
