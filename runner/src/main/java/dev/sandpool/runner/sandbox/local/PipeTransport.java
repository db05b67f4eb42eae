package dev.sandpool.runner.sandbox.local;

import dev.sandpool.runner.sandbox.ByteQueue;
import dev.sandpool.runner.sandbox.session.DiagnosticLog;
import dev.sandpool.runner.sandbox.session.Transport;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A transport over the pipes of a child process.
 *
 * <p>A virtual thread that is blocked in a pipe pins its carrier, and since JDK 24 no other thread compensates for
 * that: two programs that do not read would stop a runner on two cores. So the pipes have platform threads.
 */
final class PipeTransport implements Transport {
    // contained ends within milliseconds after the end of its input, unless it is stopped or a program has taken it
    // over.
    private static final Duration LONGEST_FAREWELL = Duration.ofSeconds(1);

    // Together with the pipe's own 64 KiB, the same order as what the attach transport keeps in flight.
    private static final int BYTES_AHEAD = 256 * 1024;

    private final String name;
    private final Process process;
    private final DiagnosticLog diagnostics;
    private final ByteQueue writes = new ByteQueue(ByteQueue.Bound.of(BYTES_AHEAD));
    private final AtomicBoolean closed = new AtomicBoolean();

    PipeTransport(String name, Process process) {
        this.name = name;
        this.process = process;
        this.diagnostics = new DiagnosticLog(name);
        platform("down").newThread(this::pumpDown).start();
        platform("diagnostics").newThread(this::readDiagnostics).start();
    }

    private ThreadFactory platform(String what) {
        return Thread.ofPlatform().daemon().name("pipe-" + what + "-" + name).factory();
    }

    private void pumpDown() {
        try (OutputStream stdin = process.getOutputStream()) {
            for (ByteBuffer piece = writes.take(); piece != null; piece = writes.take()) {
                stdin.write(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining());
                stdin.flush();
            }
        } catch (IOException e) {
            // It ended, or was killed. The stream up reports that too, with the reason.
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts a pump", e);
        } finally {
            writes.close();
        }
    }

    private void readDiagnostics() {
        byte[] buffer = new byte[4096];
        try (InputStream stderr = process.getErrorStream()) {
            for (int length = stderr.read(buffer); length >= 0; length = stderr.read(buffer)) {
                if (!diagnostics.add(ByteBuffer.wrap(buffer, 0, length))) {
                    close();
                    return;
                }
            }
        } catch (IOException e) {
            // Closed by another thread, so there is nothing more to log.
        }
    }

    @Override
    public InputStream up() {
        return process.getInputStream();
    }

    @Override
    public OutputStream down() {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] from, int offset, int length) throws IOException {
                try {
                    var piece = ByteBuffer.allocate(length)
                            .put(from, offset, length)
                            .flip();
                    if (!writes.put(piece)) {
                        throw new IOException("the stream is closed");
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new InterruptedIOException("interrupted while the child process did not read");
                }
            }
        };
    }

    @Override
    public ThreadFactory readers() {
        return platform("up");
    }

    @Override
    public void nextSandbox() {
        diagnostics.nextSandbox();
    }

    @Override
    public String explanation() {
        String said = diagnostics.tail();
        String state =
                process.isAlive() ? "the process is alive" : "the process ended with status " + process.exitValue();
        return said.isEmpty() ? state : state + " and said: " + said;
    }

    /** Ends the input, which ends contained and everything that it runs. Kills it if it does not end. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        writes.close();
        var _ = process.onExit()
                .orTimeout(LONGEST_FAREWELL.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((_, late) -> {
                    if (late != null) {
                        process.descendants().forEach(ProcessHandle::destroyForcibly);
                        process.destroyForcibly();
                    }
                });
    }
}
