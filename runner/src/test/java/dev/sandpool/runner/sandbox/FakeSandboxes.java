package dev.sandpool.runner.sandbox;

import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Starts that a test lets succeed or fail one by one. */
final class FakeSandboxes implements Sandboxes {
    private record Ending(@Nullable Reason failure) {}

    /** How many are inside {@link #start}. */
    final AtomicInteger starting = new AtomicInteger();

    final AtomicInteger leftoversDeleted = new AtomicInteger();
    final BlockingQueue<FakeSandbox> started = new LinkedBlockingQueue<>();
    private final SynchronousQueue<Ending> endings = new SynchronousQueue<>();
    private final AtomicInteger numbers = new AtomicInteger();

    @Override
    public WarmSandbox start() throws SandboxStartException, InterruptedException {
        starting.incrementAndGet();
        try {
            Reason failure = endings.take().failure();
            if (failure != null) {
                throw new SandboxStartException(failure, "as the test wants it");
            }
            FakeSandbox sandbox = new FakeSandbox("fake-" + numbers.incrementAndGet());
            started.add(sandbox);
            return sandbox;
        } finally {
            starting.decrementAndGet();
        }
    }

    /** Lets one start succeed, waiting for one to be under way. */
    void succeed() throws InterruptedException {
        end(new Ending(null));
    }

    void fail(Reason reason) throws InterruptedException {
        end(new Ending(reason));
    }

    private void end(Ending ending) throws InterruptedException {
        if (!endings.offer(ending, 10, TimeUnit.SECONDS)) {
            throw new AssertionError("no start was under way");
        }
    }

    @Override
    public String isolation() {
        return "none: a fake";
    }

    @Override
    public void deleteLeftovers() {
        leftoversDeleted.incrementAndGet();
    }

    @Override
    public void close() {}

    static final class FakeSandbox implements WarmSandbox {
        private final String name;
        private volatile Runnable lost = () -> {};
        volatile boolean answers = true;
        volatile boolean closed;
        final AtomicInteger pings = new AtomicInteger();

        FakeSandbox(String name) {
            this.name = name;
        }

        void die() {
            lost.run();
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public RunResult run(RunRequest request, OutputSink output, Runnable progress) {
            return new RunResult.Exited(0, RunResult.Facts.NONE);
        }

        @Override
        public Duration timeLeft() {
            return Duration.ofSeconds(5);
        }

        @Override
        public boolean answers() {
            pings.incrementAndGet();
            return answers;
        }

        @Override
        public void onLost(Runnable listener) {
            lost = listener;
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
