package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.MemoryBudget;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one run prints, until it is answered: the first bytes in memory, as far as the budget of all runs together goes, the rest
 * in files that are unlinked as soon as they are open, so that no end of the runner leaves them behind.
 */
public final class OutputSpool implements RunOutput, AutoCloseable {
    // 260 MiB/s were measured of JSON's Base64 and a client on the same machine; a busy node's are fewer.
    private static final long PASSED_ON_PER_MILLI = 100 * 1024 * 1024 / 1000;

    private final SpooledStream stdout;
    private final SpooledStream stderr;
    private @Nullable IOException failure;
    private boolean started;

    public OutputSpool(Path directory, MemoryBudget budget) {
        stdout = new SpooledStream(directory, budget);
        stderr = new SpooledStream(directory, budget);
    }

    @Override
    public void claimed(CompletedRun.SandboxUse use) {
        // What is printed is all that is kept.
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
    public void stdout(byte[] from, int offset, int length) throws IOException {
        append(stdout, from, offset, length);
    }

    @Override
    public void stderr(byte[] from, int offset, int length) throws IOException {
        append(stderr, from, offset, length);
    }

    /** Adds a line of our own to what the program wrote to its standard error; false, and {@link #failure}, if it can't. */
    public boolean addedToStderr(String line) {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        try {
            append(stderr, bytes, 0, bytes.length);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** The disk was full, say. */
    @Override
    public Optional<IOException> failure() {
        return Optional.ofNullable(failure);
    }

    @Override
    public long stdoutBytes() {
        return stdout.length();
    }

    @Override
    public long stderrBytes() {
        return stderr.length();
    }

    @Override
    public Duration timeToAnswer() {
        return Duration.ofMillis((stdoutBytes() + stderrBytes()) / PASSED_ON_PER_MILLI);
    }

    /** One of the two streams, from there on; not while the program runs. */
    InputStream input(boolean ofStdout, long from) throws IOException {
        return (ofStdout ? stdout : stderr).input(from);
    }

    public void copyStdout(OutputStream to) throws IOException {
        stdout.copyTo(to);
    }

    public void copyStderr(OutputStream to) throws IOException {
        stderr.copyTo(to);
    }

    @Override
    public void close() {
        stdout.close();
        stderr.close();
    }

    private void append(SpooledStream stream, byte[] from, int offset, int length) throws IOException {
        try {
            stream.append(from, offset, length);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }
}
