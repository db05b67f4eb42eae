package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.e2e.cluster.Cluster;
import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Answer;
import dev.sandpool.e2e.run.Metrics;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** While a program runs and enough sandboxes are warm, none is made: it would compete with the program for the node's processors. */
class RefillIT {
    private static final Pattern DURATION = Pattern.compile("dur=([0-9.]+)");
    /** A program that goes on for longer than this is not waited for. */
    private static final Duration LONGEST_YIELD = Duration.ofMillis(250);

    private static final int RUNS = 5;

    private static TestPool pool;

    @BeforeAll
    static void make() {
        pool = TestPool.made("refill", "workers: 2, warm: {min: 1, max: 2}");
    }

    @AfterAll
    static void end() {
        pool.close();
    }

    /** Each time is the least that it can be, so that a slow machine makes no difference. */
    @ParameterizedTest
    @ValueSource(strings = {"exit 0", "sleep 1"})
    void theNextSandboxIsMadeWhenTheRunIsOver(String command) throws InterruptedException {
        byte[] program = Programs.script("#!/bin/sh\n" + command + "\n");
        RunnerService service = pool.service();
        BlockingQueue<Long> made = new LinkedBlockingQueue<>();
        try (Cluster cluster = new Cluster();
                SharedIndexInformer<Pod> _ = watch(made)) {
            for (int run = 0; run < RUNS; run++) {
                awaitWarm(cluster);
                made.clear();
                long sent = System.nanoTime();
                HttpResponse<byte[]> answer = service.send(service.request(program));
                assertThat(Answer.of(answer).exitCode()).isZero();
                Long when = made.poll(30, TimeUnit.SECONDS);
                assertThat(when).as("the sandbox after the run").isNotNull();
                assertThat(Duration.ofNanos(when - sent)).isGreaterThanOrEqualTo(shorter(taken(answer), LONGEST_YIELD));
            }
        }
    }

    private static SharedIndexInformer<Pod> watch(BlockingQueue<Long> made) {
        return pool.client()
                .pods()
                .inNamespace(TestPool.NAMESPACE)
                .withLabels(Map.of(PoolLabels.POOL, pool.name(), PoolLabels.ROLE, PoolLabels.ROLE_SANDBOX))
                .inform(new ResourceEventHandler<>() {
                    @Override
                    public void onAdd(Pod pod) {
                        made.add(System.nanoTime());
                    }

                    @Override
                    public void onUpdate(Pod before, Pod now) {}

                    @Override
                    public void onDelete(Pod pod, boolean lastStateIsUnknown) {}
                });
    }

    /** By the runner itself, which knows at once: one more than the floor, and nothing under way. */
    private static void awaitWarm(Cluster cluster) {
        TestPool.patiently().until(() -> {
            Pod runner = pool.runners().getFirst();
            return Metrics.sum(cluster.metrics(runner), "sandpool_sandboxes{state=\"warm\"}") == 2
                    && Metrics.sum(cluster.metrics(runner), "sandpool_sandboxes") == 2;
        });
    }

    /** From the request to EXIT, as the runner's {@code Server-Timing} tells. */
    private static Duration taken(HttpResponse<byte[]> answer) {
        Matcher durations =
                DURATION.matcher(answer.headers().firstValue("Server-Timing").orElseThrow());
        double millis = 0;
        while (durations.find()) {
            millis += Double.parseDouble(durations.group(1));
        }
        return Duration.ofMillis((long) millis);
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
