package dev.sandpool.runner.sandbox;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The clock of the pool. Tests replace it with one that they move by hand. */
public interface Timer extends AutoCloseable {
    /** Returns a monotonic time in nanoseconds. */
    long nanoTime();

    Instant now();

    /**
     * Calls {@code action} once after {@code delay}, on any thread. The action must not block. After {@link #close} no
     * action is called.
     */
    void after(Duration delay, Runnable action);

    @Override
    void close();

    /** Returns the real clock, with one daemon thread for its actions. */
    static Timer system() {
        ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("pool-timer").factory());
        return new Timer() {
            @Override
            public long nanoTime() {
                return System.nanoTime();
            }

            @Override
            public Instant now() {
                return Instant.now();
            }

            @Override
            public void after(Duration delay, Runnable action) {
                try {
                    var _ = executor.schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
                } catch (RejectedExecutionException e) {
                    // The timer is closed, so the action must not run.
                }
            }

            @Override
            public void close() {
                executor.shutdownNow();
            }
        };
    }
}
