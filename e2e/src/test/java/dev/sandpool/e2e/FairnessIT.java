package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Answer;
import dev.sandpool.e2e.run.Percentiles;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** How much of a pool one caller may have. */
@Isolated("counts the runs of one caller beside those of another")
class FairnessIT {
    private static final String CALLER = "X-Sandpool-Caller";
    private static final int FLOOD = 16;
    private static final int RUNS = 20;

    /** Longer than this machine takes from one answer to the next request. */
    private final byte[] slow = Programs.script("#!/bin/sh\nsleep 0.2\necho hello\n");

    @Test
    void aFloodDelaysAnotherCallerByOneRunAtMost() throws Exception {
        // Used again, so that the queue is what a caller waits for, and not the node that makes pods.
        String spec = "workers: 1, warm: {min: 1, max: 4}, queue: {depth: 32}, callers: {header: " + CALLER
                + "}, reuse: {maxRuns: 1000}";
        try (TestPool pool = TestPool.made("callers", spec);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            RunnerService service = pool.service();
            Percentiles alone = runs(service, "quiet");

            var ended = new AtomicBoolean();
            var flooded = new AtomicInteger();
            List<Future<?>> flood = new ArrayList<>();
            for (int i = 0; i < FLOOD; i++) {
                flood.add(threads.submit(() -> {
                    while (!ended.get()) {
                        flooded.addAndGet(run(service, "flood").status() == 200 ? 1 : 0);
                    }
                }));
            }
            TestPool.patiently().until(() -> flooded.get() > 0);
            int before = flooded.get();
            Percentiles beside = runs(service, "quiet");
            int meanwhile = flooded.get() - before;
            ended.set(true);
            for (Future<?> one : flood) {
                one.get();
            }

            System.out.println("alone             " + alone);
            System.out.println("beside a flood    " + beside + "  flood: " + meanwhile + " runs");
            // One is under way when the quiet caller comes, and one may end between its answer and its next request.
            assertThat(meanwhile).isLessThanOrEqualTo(2 * RUNS);
        }
    }

    /** One after the other; each must be served. */
    private Percentiles runs(RunnerService service, String caller) {
        List<Double> millis = new ArrayList<>();
        for (int i = 0; i < RUNS; i++) {
            long begin = System.nanoTime();
            Answer answer = run(service, caller);
            millis.add((System.nanoTime() - begin) / 1e6);
            assertThat(answer.stdout()).as(answer.toString()).isEqualTo("hello\n");
        }
        return Percentiles.of(millis);
    }

    private Answer run(RunnerService service, String caller) {
        HttpRequest request = HttpRequest.newBuilder(service.request(slow), (_, _) -> true)
                .header(CALLER, caller)
                .build();
        return Answer.of(service.send(request));
    }
}
