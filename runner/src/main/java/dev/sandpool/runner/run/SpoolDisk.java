package dev.sandpool.runner.run;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.admission.Ration;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The disk that takes the output of all runs for which there is no memory: a folder, and permits for the bytes in it.
 * One caller never has more of them than is left for others. Thread-safe.
 */
public final class SpoolDisk {
    // A run has these without a permit, so that small outputs have room whatever other runs print. All connections
    // together have at most 256 MiB of them.
    private static final int FREE_BYTES = 64 * 1024;
    private static final int PIECE = 256 * 1024;

    private final Path directory;
    private final FairSemaphore pieces;
    private final long mostOfOneCaller;

    /** @param bytes the maximum of all runs together */
    public SpoolDisk(Path directory, long bytes) {
        this.directory = directory;
        this.pieces = new FairSemaphore((int) Math.min(bytes / PIECE, Integer.MAX_VALUE));
        this.mostOfOneCaller = bytes / 2;
    }

    /** Returns the part of one run, whose caller must be known when it prints. */
    public Part part(Supplier<Caller> whose) {
        return new Part(whose);
    }

    /** The part that one run has of the disk. Not thread-safe. */
    public final class Part implements AutoCloseable {
        private final Supplier<Caller> whose;
        private @Nullable Ration ration;
        private long taken;

        private Part(Supplier<Caller> whose) {
            this.whose = whose;
        }

        /** Opens a file that is unlinked at once, so that it never outlives the runner. */
        FileChannel open() throws IOException {
            return FileChannel.open(
                    directory.resolve("sandpool-output-" + UUID.randomUUID()),
                    Set.of(CREATE_NEW, READ, WRITE, DELETE_ON_CLOSE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }

        /**
         * Takes room for bytes that are about to be written.
         *
         * @throws OutputTooLargeException if this run alone has more than one caller may ever have
         * @throws SpoolFullException if there is none now
         */
        void take(long bytes) throws SpoolFullException, OutputTooLargeException {
            taken += bytes;
            if (ration == null) {
                ration = new Ration(pieces, whose.get(), FREE_BYTES, PIECE);
            }
            if (!ration.take(bytes)) {
                if (taken > mostOfOneCaller) {
                    throw new OutputTooLargeException(mostOfOneCaller);
                }
                throw new SpoolFullException();
            }
        }

        /** Gives all room back. Call it when the files are closed. */
        @Override
        public void close() {
            if (ration != null) {
                ration.giveBack();
            }
        }
    }
}
