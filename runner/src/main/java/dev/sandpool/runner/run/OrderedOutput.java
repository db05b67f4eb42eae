package dev.sandpool.runner.run;

import dev.sandpool.runner.run.CompletedRun.SandboxUse;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.io.input.BoundedInputStream;

/** A run's output in a spool, and the order in which its pieces came. */
public final class OrderedOutput implements RunOutput {
    // A program that writes to both streams in turn, a byte at a time, could make a piece of each byte.
    private static final int MOST_PIECES = 10_000;

    private final OutputSpool spool;
    private final List<Piece> pieces = new ArrayList<>();

    /** Neighbours of one stream are one piece. When there are too many, the rest of each stream is one. */
    public record Piece(boolean stdout, long bytes) {}

    public OrderedOutput(OutputSpool spool) {
        this.spool = spool;
    }

    public List<Piece> pieces() {
        return pieces;
    }

    public long bytes(boolean stdout) {
        return stdout ? spool.stdoutBytes() : spool.stderrBytes();
    }

    public InputStream input(boolean stdout) throws IOException {
        return spool.input(stdout, 0);
    }

    public InputStream input(boolean stdout, long from, long bytes) throws IOException {
        return BoundedInputStream.builder()
                .setInputStream(spool.input(stdout, from))
                .setMaxCount(bytes)
                .get();
    }

    @Override
    public void claimed(SandboxUse use) {
        spool.claimed(use);
    }

    @Override
    public void started() {
        spool.started();
    }

    @Override
    public boolean hasStarted() {
        return spool.hasStarted();
    }

    @Override
    public void stdout(byte[] from, int offset, int length) throws IOException {
        spool.stdout(from, offset, length);
        note(true, length);
    }

    @Override
    public void stderr(byte[] from, int offset, int length) throws IOException {
        spool.stderr(from, offset, length);
        note(false, length);
    }

    @Override
    public long stdoutBytes() {
        return spool.stdoutBytes();
    }

    @Override
    public long stderrBytes() {
        return spool.stderrBytes();
    }

    @Override
    public Duration timeToAnswer() {
        return spool.timeToAnswer();
    }

    @Override
    public Optional<IOException> failure() {
        return spool.failure();
    }

    private void note(boolean stdout, long bytes) {
        int last = pieces.size() - 1;
        // The last two of a full list are one of each stream.
        int same =
                last >= 0 && pieces.get(last).stdout() == stdout ? last : pieces.size() >= MOST_PIECES ? last - 1 : -1;
        if (same >= 0) {
            pieces.set(same, new Piece(stdout, pieces.get(same).bytes() + bytes));
        } else {
            pieces.add(new Piece(stdout, bytes));
        }
    }
}
