package dev.sandpool.runner.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Knows one cause of death, and counts how often it was asked for it and the sandbox was taken back. */
final class TestSandboxHost implements SandboxHost {
    final AtomicInteger asked = new AtomicInteger();
    final AtomicInteger takenBack = new AtomicInteger();
    private final Death death;

    TestSandboxHost(Cause cause, String detail) {
        death = new Death(cause, detail);
    }

    /** Who does not know waits for somebody who does. */
    @Override
    public Death causeOfDeath(Duration atMost) throws InterruptedException {
        asked.incrementAndGet();
        if (death.cause() == Cause.UNKNOWN) {
            boolean told = new CountDownLatch(1).await(atMost.toNanos(), TimeUnit.NANOSECONDS);
            assertThat(told).isFalse();
        }
        return death;
    }

    @Override
    public void takeBack() {
        takenBack.incrementAndGet();
    }
}
