package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.OutputSink;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Starts that a test lets succeed or fail one by one. */
final class ManualSandboxes implements Sandboxes {
    private record Ending(@Nullable Reason failure) {}

    /** How many are inside {@link #start}. */
    final AtomicInteger starting = new AtomicInteger();

    final AtomicInteger leftoversDeleted = new AtomicInteger();
    /** The revisions of which sandboxes are wanted. */
    volatile Set<String> wanted = Set.of();

    final BlockingQueue<FakeSandbox> started = new LinkedBlockingQueue<>();
    private final Map<String, SynchronousQueue<Ending>> endings = new ConcurrentHashMap<>();
    private final AtomicInteger numbers = new AtomicInteger();

    @Override
    public WarmSandbox start(Revision revision, Duration atMost) throws SandboxStartException, InterruptedException {
        starting.incrementAndGet();
        try {
            Reason failure = endings(revision.name()).take().failure();
            if (failure != null) {
                throw new SandboxStartException(failure, "as the test wants it");
            }
            FakeSandbox sandbox = new FakeSandbox("fake-" + numbers.incrementAndGet(), revision);
            started.add(sandbox);
            return sandbox;
        } finally {
            starting.decrementAndGet();
        }
    }

    private SynchronousQueue<Ending> endings(String revision) {
        return endings.computeIfAbsent(revision, name -> new SynchronousQueue<>());
    }

    /** Lets one start of revision {@code a} succeed, waiting for one to be under way. */
    void succeed() throws InterruptedException {
        succeed("a");
    }

    void succeed(String revision) throws InterruptedException {
        end(revision, new Ending(null));
    }

    void fail(Reason reason) throws InterruptedException {
        fail("a", reason);
    }

    void fail(String revision, Reason reason) throws InterruptedException {
        end(revision, new Ending(reason));
    }

    private void end(String revision, Ending ending) throws InterruptedException {
        if (!endings(revision).offer(ending, 10, TimeUnit.SECONDS)) {
            throw new AssertionError("no start was under way");
        }
    }

    @Override
    public void want(Set<String> revisions) {
        wanted = revisions;
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
        static final long BYTES_SPARED = 7;

        private final String name;
        private final Revision revision;
        private final CountDownLatch watched = new CountDownLatch(1);
        private volatile Runnable lost = () -> {};
        volatile boolean answers = true;
        volatile boolean closed;
        volatile RunResult result = new RunResult.Exited(0, RunResult.Facts.NONE);
        final AtomicInteger pings = new AtomicInteger();

        /** How often it was asked to stay after a run. */
        final AtomicInteger stays = new AtomicInteger();

        private final SynchronousQueue<Ending> again = new SynchronousQueue<>();

        FakeSandbox(String name, Revision revision) {
            this.name = name;
            this.revision = revision;
        }

        String revision() {
            return revision.name();
        }

        /** The pool begins to watch it a moment after it is warm; a real one that ends before tells it then. */
        void die() throws InterruptedException {
            awaitWatched();
            lost.run();
        }

        /** Returns when the pool watches it, which is the last thing that the pool does with a new one. */
        void awaitWatched() throws InterruptedException {
            if (!watched.await(10, TimeUnit.SECONDS)) {
                throw new AssertionError("nobody watches " + name);
            }
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public RunResult run(ProgramRequest request, OutputSink output, Runnable progress) {
            return result;
        }

        @Override
        public void signal(int number) {}

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
        public long cacheHitBytes() {
            return BYTES_SPARED;
        }

        @Override
        public void stayAfterRun() {
            stays.incrementAndGet();
        }

        @Override
        public void greetAgain(Duration atMost) throws SandboxStartException, InterruptedException {
            Reason failure = again.take().failure();
            if (failure != null) {
                throw new SandboxStartException(failure, "as the test wants it");
            }
        }

        /** Lets one greeting after a run succeed, waiting for it to be awaited. */
        void greet() throws InterruptedException {
            endAgain(new Ending(null));
        }

        void greetNot(Reason reason) throws InterruptedException {
            endAgain(new Ending(reason));
        }

        private void endAgain(Ending ending) throws InterruptedException {
            if (!again.offer(ending, 10, TimeUnit.SECONDS)) {
                throw new AssertionError("nobody waits for " + name + " to greet again");
            }
        }

        @Override
        public void onLost(Runnable listener) {
            lost = listener;
            watched.countDown();
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
