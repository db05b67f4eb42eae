package dev.sandpool.runner.sandbox;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** Knows one cause of death, and counts how often the sandbox was taken back. */
final class TestingOrigin implements Origin {
    final AtomicInteger takenBack = new AtomicInteger();
    private final Death death;

    TestingOrigin(boolean outOfMemory, String detail) {
        death = new Death(outOfMemory, detail);
    }

    @Override
    public Death causeOfDeath(Duration atMost) {
        return death;
    }

    @Override
    public void takeBack() {
        takenBack.incrementAndGet();
    }
}
