package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.sandbox.StandardStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The output of one run until it is answered, the order in which it came, and the files that the program left. The bytes
 * are {@link SpooledBytes}. One thread at a time writes, then reads.
 */
public final class OutputSpool implements RunOutput, AutoCloseable {
    // Measured: 260 MiB/s with JSON's Base64 and a client on the same machine. A busy node is slower.
    private static final long PASSED_ON_PER_MILLI = 100 * 1024 * 1024 / 1000;
    // A program that writes single bytes to the two streams in turn could create one piece per byte.
    private static final int MAX_PIECES = 10_000;

    private final SpooledBytes stdout;
    private final SpooledBytes stderr;
    private final FileSpool files;
    private final SpoolDisk.Part disk;
    private @Nullable IOException failure;
    private boolean started;

    // The index: the lengths of pieces, which alternate between the two streams.
    private StandardStream first = StandardStream.STDOUT;
    private long[] lengths = {};
    private int pieces;

    /**
     * A part of one stream, between two parts of the other.
     *
     * @param from its offset in its stream
     */
    public record Piece(StandardStream stream, long from, long bytes) {}

    public OutputSpool(SpoolDisk.Part disk, MemoryBudget budget) {
        this(
                new SpooledBytes(disk, budget),
                new SpooledBytes(disk, budget),
                new FileSpool(new SpooledBytes(disk, budget), budget),
                disk);
    }

    OutputSpool(SpooledBytes stdout, SpooledBytes stderr, FileSpool files, SpoolDisk.Part disk) {
        this.stdout = stdout;
        this.stderr = stderr;
        this.files = files;
        this.disk = disk;
    }

    @Override
    public void claimed(CompletedRun.SandboxUse use) {
        // A spool keeps only the output.
    }

    @Override
    public void started() {
        started = true;
    }

    @Override
    public boolean hasStarted() {
        return started;
    }

    @Override
    public void write(StandardStream stream, byte[] from, int offset, int length) throws IOException {
        try {
            of(stream).append(from, offset, length);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
        index(stream, length);
    }

    /** Returns the failure to store output, for example a full disk. */
    @Override
    public Optional<IOException> failure() {
        return Optional.ofNullable(failure).or(files::failure);
    }

    @Override
    public FileSpool files() {
        return files;
    }

    @Override
    public long bytes(StandardStream stream) {
        return of(stream).length();
    }

    @Override
    public Duration timeToAnswer() {
        return Duration.ofMillis((stdout.length() + stderr.length() + files.length()) / PASSED_ON_PER_MILLI);
    }

    /**
     * Returns the pieces in the order in which they came. If there are too many, the rest of each stream is one piece.
     */
    public List<Piece> pieces() {
        var all = new ArrayList<Piece>(pieces);
        long[] read = new long[2];
        for (int i = 0; i < pieces; i++) {
            all.add(new Piece(streamOf(i), read[i % 2], lengths[i]));
            read[i % 2] += lengths[i];
        }
        return all;
    }

    /** Returns all of one stream. Not while the program runs. */
    public InputStream input(StandardStream stream) throws IOException {
        return of(stream).input(0);
    }

    /** Returns the bytes of one piece. */
    public InputStream input(Piece piece) throws IOException {
        return of(piece.stream()).input(piece.from(), piece.bytes());
    }

    /** Copies all of one stream to {@code to}. */
    public void copyTo(OutputStream to, StandardStream stream) throws IOException {
        try (InputStream in = input(stream)) {
            long copied = in.transferTo(to);
            if (copied != bytes(stream)) {
                throw new EOFException("the spool has " + copied + " of " + bytes(stream) + " bytes");
            }
        }
    }

    @Override
    public void close() {
        // Closes all of them, the last first, also if one fails.
        try (disk;
                files;
                stderr;
                stdout) {}
    }

    private SpooledBytes of(StandardStream stream) {
        return switch (stream) {
            case STDOUT -> stdout;
            case STDERR -> stderr;
        };
    }

    private StandardStream streamOf(int piece) {
        return piece % 2 == 0 ? first : first.other();
    }

    private void index(StandardStream stream, long bytes) {
        if (pieces == 0) {
            first = stream;
        }
        if (pieces > 0 && streamOf(pieces - 1) == stream) {
            lengths[pieces - 1] += bytes;
        } else if (pieces == MAX_PIECES) {
            lengths[pieces - 2] += bytes;
        } else {
            if (pieces == lengths.length) {
                lengths = Arrays.copyOf(lengths, Math.clamp(2L * pieces, 8, MAX_PIECES));
            }
            lengths[pieces++] = bytes;
        }
    }
}
