package dev.sandpool.runner.sandbox;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The pool's time, which a test moves by hand. */
public interface Timer extends AutoCloseable {
    /** Monotonic. */
    long nanoTime();

    Instant now();

    /** Calls back once, on any thread; the action does not block. Not after {@link #close}. */
    void after(Duration delay, Runnable action);

    @Override
    void close();

    /** Real time, on one daemon thread. */
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
                    // Closed, as promised.
                }
            }

            @Override
            public void close() {
                executor.shutdownNow();
            }
        };
    }
}
