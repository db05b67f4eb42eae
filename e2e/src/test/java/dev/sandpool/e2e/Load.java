package dev.sandpool.e2e;

import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Answer;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Callers that run the same program again and again, as long as this is open. */
final class Load implements AutoCloseable {
    /**
     * A part of a pool's spec. On a node that is busy with another test a new sandbox may take longer than a request
     * waits by default, which is until 1 s before runTimeout. With this, a 503 is the fault of what the test does.
     */
    static final String NO_HURRY = "limits: {runTimeout: 30s, queueTimeout: 45s}";

    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicInteger good = new AtomicInteger();
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final List<String> bad = Collections.synchronizedList(new ArrayList<>());
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Future<?>> running = new ArrayList<>();

    /** Each caller keeps a connection open, as a frontend does. */
    Load(RunnerService service, int count) {
        byte[] hello = Programs.staticC("hello");
        for (int i = 0; i < count; i++) {
            running.add(callers.submit(() -> call(service, hello)));
        }
        // What happens from here on happens under load.
        TestPool.patiently().until(() -> good.get() >= count || !bad.isEmpty());
    }

    private void call(RunnerService service, byte[] hello) {
        while (!ended.get()) {
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
        ended.set(true);
        for (Future<?> caller : running) {
            try {
                caller.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
        callers.close();
    }
}
