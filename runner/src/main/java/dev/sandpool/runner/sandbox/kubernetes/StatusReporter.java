package dev.sandpool.runner.sandbox.kubernetes;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.sandpool.crds.RunnerStatus;
import dev.sandpool.runner.sandbox.Timer;
import dev.sandpool.runner.sandbox.kubernetes.StatusSink.Written;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports the state of this runner to the pool's status, when it has changed or the entry was lost, at most every two
 * seconds. A write costs the API server and every client that watches the pool.
 */
final class StatusReporter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StatusReporter.class);

    static final Duration EVERY = Duration.ofSeconds(2);

    /** The interval of checks that an unchanged entry still exists. Each reads one small object. */
    static final Duration LOOK_EVERY = Duration.ofSeconds(30);

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final Supplier<RunnerStatus> entry;
    private final StatusSink sink;
    private final Timer timer;
    private final ReentrantLock lock = new ReentrantLock();

    // The lock is held during a write, so that there is never more than one.
    @GuardedBy("lock")
    private @Nullable RunnerStatus written;

    @GuardedBy("lock")
    private long seen;

    @GuardedBy("lock")
    private String lastFailure = "";

    @GuardedBy("lock")
    private Duration pause = EVERY;

    @GuardedBy("lock")
    private boolean closed;

    StatusReporter(Supplier<RunnerStatus> entry, StatusSink sink, Timer timer) {
        this.entry = entry;
        this.sink = sink;
        this.timer = timer;
    }

    void start() {
        timer.after(Duration.ZERO, this::inBackground);
    }

    private void inBackground() {
        Thread.ofVirtual().name("pool-status").start(() -> {
            lock.lock();
            try {
                if (!closed) {
                    report();
                    timer.after(pause, this::inBackground);
                }
            } finally {
                lock.unlock();
            }
        });
    }

    @GuardedBy("lock")
    private void report() {
        RunnerStatus now = entry.get();
        if (now.equals(written) && !isLost(now)) {
            return;
        }
        switch (sink.write(now)) {
            case Written.Done _ -> {
                if (!lastFailure.isEmpty()) {
                    LOG.info("the pool's status is written again");
                }
                lastFailure = "";
                written = now;
                seen = timer.nanoTime();
                pause = EVERY;
            }
            case Written.NoPool _ -> failed();
            case Written.Failed failure -> {
                if (!failure.how().equals(lastFailure)) {
                    LOG.atWarn().addKeyValue("failure", failure.how()).log("the pool's status could not be written");
                    lastFailure = failure.how();
                }
                failed();
            }
        }
    }

    @GuardedBy("lock")
    private boolean isLost(RunnerStatus entry) {
        long now = timer.nanoTime();
        if (closed || now - seen < LOOK_EVERY.toNanos()) {
            return false;
        }
        seen = now;
        return sink.isLost(entry);
    }

    @GuardedBy("lock")
    private void failed() {
        Duration longer = pause.multipliedBy(2);
        pause = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
    }

    /**
     * Reports the end of this instance if it can, and nothing after that. Its counters are added to those of the pool.
     */
    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                report();
            }
        } finally {
            lock.unlock();
        }
        timer.close();
    }
}
