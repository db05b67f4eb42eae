package dev.sandpool.runner.sandbox;

import dev.sandpool.protocol.Frame;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * What a caller sends, in the order in which it comes and is wanted: working files, the program, its standard input. Read once, never held
 * whole. The thread that calls {@link Sandbox#run} reads the files and the program; another reads the standard input, after these and until
 * {@link #stop}.
 */
public interface RunInput {
    /**
     * A file that lies beside the program.
     *
     * @param path seen from the program's folder
     */
    record WorkingFile(String path, boolean executable, InputStream content) {
        /** @throws IllegalArgumentException with the rule that the path breaks */
        public WorkingFile {
            var _ = new Frame.File(executable, path);
        }
    }

    /** The next one, when the content of the one before was read to its end; null when there are no more. */
    @Nullable
    WorkingFile nextFile() throws IOException;

    InputStream program() throws IOException;

    /** Whether anything may follow the program. */
    boolean mayHaveStandardInput();

    /** When the program was read to its end. */
    InputStream standardInput() throws IOException;

    /** The program has ended: whoever waits for more of its standard input need not. From any thread. */
    void stop();

    /** A program alone. */
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
                // There is nothing to wait for.
            }
        };
    }
}
