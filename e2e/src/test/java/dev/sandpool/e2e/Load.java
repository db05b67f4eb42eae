package dev.sandpool.e2e;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Answer;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Callers that run the same program again and again, as long as this is open. Each begins a run {@value #PAUSE_MILLIS} ms after its last
 * one: enough to notice a gap in the service, and little enough that the node has processors left for what a test waits for.
 */
final class Load implements AutoCloseable {
    /**
     * A part of a pool's spec. On a node that is busy with another test a new sandbox may take longer than a request
     * waits by default, which is until 1 s before runTimeout. With this, a 503 is the fault of what the test does.
     */
    static final String NO_HURRY = "limits: {runTimeout: 30s, queueTimeout: 45s}";

    private static final long PAUSE_MILLIS = 300;

    private final AtomicInteger good = new AtomicInteger();
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final List<String> bad = Collections.synchronizedList(new ArrayList<>());
    private final ScheduledExecutorService callers;

    /** Each caller keeps a connection open, as a frontend does. */
    Load(RunnerService service, int count) {
        this(service, count, PAUSE_MILLIS);
    }

    private Load(RunnerService service, int count, long pauseMillis) {
        byte[] hello = Programs.staticC("hello");
        callers = Executors.newScheduledThreadPool(count);
        for (int i = 0; i < count; i++) {
            // Never done: close() ends it.
            Future<?> _ = callers.scheduleWithFixedDelay(() -> call(service, hello), 0, pauseMillis, MILLISECONDS);
        }
        // What happens from here on happens under load.
        TestPool.patiently().until(() -> good.get() >= count || !bad.isEmpty());
    }

    /** Callers that begin their next run at once, so that the pool has always more to do than it can. */
    static Load unpaced(RunnerService service, int count) {
        return new Load(service, count, 1);
    }

    private void call(RunnerService service, byte[] hello) {
        try {
            Answer answer = service.run(hello);
            if (answer.status() == 200 && answer.stdout().equals("hello\n")) {
                good.incrementAndGet();
            } else if (answer.status() == 503 && !answer.retryAfter().isEmpty()) {
                told.add(answer.toString());
            } else {
                bad.add(answer.toString());
            }
        } catch (RuntimeException e) {
            bad.add(e.toString());
        }
    }

    int good() {
        return good.get();
    }

    /** How many were told when to try again, so far. */
    int told() {
        return told.size();
    }

    /** All that was answered by neither, or not at all, so far. */
    List<String> unanswered() {
        return List.copyOf(bad);
    }

    /** All that was not answered as it should be, so far. */
    List<String> bad() {
        List<String> all = new ArrayList<>(bad);
        all.addAll(told);
        return all;
    }

    /** Waits for the requests under way. */
    @Override
    public void close() {
        callers.close();
    }
}
