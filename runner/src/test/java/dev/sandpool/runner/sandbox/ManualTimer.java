package dev.sandpool.runner.sandbox;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Time that moves when a test says so; what is due is called by the thread that moves it. */
public final class ManualTimer implements Timer {
    private record Due(long at, Runnable action) {}

    private final List<Due> planned = new ArrayList<>();
    private long now;

    @Override
    public synchronized long nanoTime() {
        return now;
    }

    @Override
    public synchronized Instant now() {
        return Instant.EPOCH.plusNanos(now);
    }

    @Override
    public synchronized void after(Duration delay, Runnable action) {
        planned.add(new Due(now + delay.toNanos(), action));
    }

    /** Whether somebody has asked to be called. */
    public synchronized boolean isWaitedFor() {
        return !planned.isEmpty();
    }

    public void advance(Duration step) {
        List<Due> due;
        synchronized (this) {
            now += step.toNanos();
            due = planned.stream()
                    .filter(each -> each.at() <= now)
                    .sorted(Comparator.comparingLong(Due::at))
                    .toList();
            planned.removeAll(due);
        }
        due.forEach(each -> each.action().run());
    }

    @Override
    public synchronized void close() {
        planned.clear();
    }
}
