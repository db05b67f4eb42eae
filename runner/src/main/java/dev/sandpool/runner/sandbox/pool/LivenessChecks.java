package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.Timer;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * Checks at intervals that warm sandboxes still answer. The stream of a sandbox whose node is gone does not end by
 * itself.
 */
final class LivenessChecks {
    // Each PING passes through the API server and the kubelet, and costs about a millisecond of CPU time.
    static final Duration EVERY = Duration.ofSeconds(10);

    private final Timer timer;
    private final RandomGenerator random;
    private final Predicate<PooledSandbox> stillWarm;
    private final Consumer<PooledSandbox> unanswered;

    LivenessChecks(
            Timer timer,
            RandomGenerator random,
            Predicate<PooledSandbox> stillWarm,
            Consumer<PooledSandbox> unanswered) {
        this.timer = timer;
        this.random = random;
        this.stillWarm = stillWarm;
        this.unanswered = unanswered;
    }

    /** Checks the sandbox at intervals for as long as it is warm. */
    void watch(PooledSandbox warm) {
        // Waits 0.5 to 1.5 periods, so that sandboxes which were started together are not checked together.
        long nanos = EVERY.toNanos() / 2 + random.nextLong(EVERY.toNanos());
        timer.after(
                Duration.ofNanos(nanos),
                () -> Thread.ofVirtual().name("sandbox-ping").start(() -> ping(warm)));
    }

    private void ping(PooledSandbox warm) {
        if (!stillWarm.test(warm)) {
            return;
        }
        if (warm.sandbox.answers()) {
            watch(warm);
        } else {
            unanswered.accept(warm);
        }
    }
}
