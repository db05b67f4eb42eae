package dev.sandpool.runner;

import dev.sandpool.runner.sandbox.OutputSink;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.Sandboxes;
import dev.sandpool.runner.sandbox.StandardStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Sandboxes whose programs are written in the test. */
public final class FakeSandboxes implements Sandboxes {
    /** What a run does; the program has not been read yet. */
    public interface Program {
        RunResult run(ProgramRequest request, OutputSink output, FakeSandbox sandbox)
                throws IOException, InterruptedException;
    }

    /** What {@link #start} does before there is a sandbox. */
    public interface Start {
        void before() throws SandboxStartException, InterruptedException;
    }

    public static final RunResult EXIT_0 = new RunResult.Exited(0, RunResult.Facts.NONE);

    private final AtomicReference<Program> program;
    private final AtomicReference<Start> start = new AtomicReference<>(() -> {});
    private final AtomicInteger started = new AtomicInteger();
    private final AtomicInteger runs = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();
    private volatile Duration runTimeout = Duration.ofSeconds(5);

    public FakeSandboxes(Program program) {
        this.program = new AtomicReference<>(program);
    }

    /** A program that reads itself to the end, prints, and exits. */
    public static Program printing(String stdout, int code) {
        return (request, output, sandbox) -> {
            sandbox.receive(request);
            byte[] bytes = stdout.getBytes(java.nio.charset.StandardCharsets.UTF_8);
            output.write(StandardStream.STDOUT, bytes, 0, bytes.length);
            return new RunResult.Exited(code, RunResult.Facts.NONE);
        };
    }

    /** From now on. */
    public void programIs(Program next) {
        program.set(next);
    }

    public void startIs(Start next) {
        start.set(next);
    }

    public void runTimeoutIs(Duration timeout) {
        runTimeout = timeout;
    }

    public int runs() {
        return runs.get();
    }

    /** Claimed by nobody yet, or in use. */
    public int open() {
        return started.get() - closed.get();
    }

    @Override
    public WarmSandbox start(Revision revision, Duration atMost) throws SandboxStartException, InterruptedException {
        start.get().before();
        return new FakeSandbox(started.incrementAndGet());
    }

    @Override
    public String isolation() {
        return "not at all: a fake";
    }

    @Override
    public void deleteLeftovers() {}

    @Override
    public void close() {}

    /** One of them. */
    public final class FakeSandbox implements WarmSandbox {
        private final int number;
        private final CountDownLatch end = new CountDownLatch(1);
        private final BlockingQueue<Integer> signals = new LinkedBlockingQueue<>();
        private volatile long deadline = Long.MAX_VALUE;
        private volatile Runnable progress = () -> {};

        private FakeSandbox(int number) {
            this.number = number;
        }

        /** Reads the whole program, in pieces as a session does; returns its size. */
        public long receive(ProgramRequest request) throws IOException {
            byte[] piece = new byte[64 * 1024];
            long size = 0;
            try (InputStream body = request.input().program()) {
                for (int read = body.read(piece); read >= 0; read = body.read(piece)) {
                    size += read;
                }
            }
            progress.run();
            return size;
        }

        /** Runs until somebody closes the sandbox. */
        public RunResult hang() throws InterruptedException {
            end.await();
            return new RunResult.Cancelled();
        }

        public boolean isClosed() {
            return end.getCount() == 0;
        }

        public void awaitClose() throws InterruptedException {
            end.await();
        }

        @Override
        public String name() {
            return "fake-" + number;
        }

        @Override
        public RunResult run(ProgramRequest request, OutputSink output, Runnable whenSent) {
            runs.incrementAndGet();
            deadline = System.nanoTime() + runTimeout.toNanos();
            progress = whenSent;
            try {
                return program.get().run(request, output, this);
            } catch (IOException e) {
                return end.getCount() == 0 ? new RunResult.Cancelled() : new RunResult.UploadFailed(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return new RunResult.Cancelled();
            }
        }

        @Override
        public void signal(int number) {
            signals.add(number);
        }

        /** The next signal that somebody sends. */
        public int awaitSignal() throws InterruptedException {
            return signals.take();
        }

        @Override
        public Duration timeLeft() {
            return deadline == Long.MAX_VALUE ? runTimeout : Duration.ofNanos(deadline - System.nanoTime());
        }

        @Override
        public void close() {
            if (end.getCount() > 0) {
                end.countDown();
                closed.incrementAndGet();
            }
        }

        @Override
        public boolean answers() {
            return true;
        }

        @Override
        public void stayAfterRun() {}

        @Override
        public void greetAgain(Duration atMost) {}

        @Override
        public void onLost(Runnable listener) {}
    }
}
