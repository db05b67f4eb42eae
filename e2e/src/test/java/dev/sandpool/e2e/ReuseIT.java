package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.e2e.cluster.Cluster;
import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Answer;
import dev.sandpool.e2e.run.Metrics;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import io.fabric8.kubernetes.api.model.Pod;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.parallel.Isolated;

/** A pool whose sandboxes may serve their caller again. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Isolated("a sandbox that does not prove in time that it is clean is not used again")
class ReuseIT {
    private static final int RUNS = 30;
    private static final String KEPT = "sandpool_sandboxes{state=\"kept\"}";
    private static final String SPARED = "sandpool_program_spared_bytes_total";

    private static final byte[] LEAVES_FILES = Programs.script("""
            #!/bin/sh
            if [ -e left ] || [ -e /tmp/left ]; then echo found; else echo fresh; fi
            echo x >left
            echo x >/tmp/left
            """);

    private static TestPool pool;
    private static RunnerService service;

    @BeforeAll
    static void make() {
        pool = TestPool.made(
                "reuse",
                "workers: 2, warm: {min: 2, max: 2}, reuse: {maxRuns: 100, maxAge: 10m}, callers: {header: X-Caller}");
        service = pool.service();
    }

    @AfterAll
    static void end() {
        pool.close();
    }

    private static String run(String caller) {
        HttpRequest request = HttpRequest.newBuilder(service.request(LEAVES_FILES), (name, value) -> true)
                .header("X-Caller", caller)
                .build();
        return Answer.of(service.send(request)).stdout();
    }

    private static Set<String> pods() {
        return pool.sandboxes().stream()
                .map((Pod pod) -> pod.getMetadata().getUid())
                .collect(Collectors.toSet());
    }

    private static void awaitKept(int kept) {
        TestPool.patiently()
                .until(() -> Objects.requireNonNullElse(pool.status().kept(), 0) == kept && pool.warm() == 2);
    }

    private static double metric(Cluster cluster, String series) {
        return Metrics.sum(cluster.metrics(pool.runners().getFirst()), series);
    }

    /** The last, since its caller keeps a sandbox. */
    @Test
    @Order(2)
    void aProgramThatComesAgainIsNotSentAgain() {
        TestPool.patiently().until(() -> pool.warm() == 2);
        byte[] program = Programs.go("hello");
        byte[] longer = Programs.padded(program, program.length + 200_000);
        try (Cluster cluster = new Cluster()) {
            double before = metric(cluster, SPARED);
            for (byte[] each : List.of(program, program, longer, program)) {
                HttpRequest request = HttpRequest.newBuilder(service.request(each), (name, value) -> true)
                        .header("X-Caller", "judge")
                        .build();
                assertThat(Answer.of(service.send(request)).stdout()).isEqualTo("Hello, 世界\n");
                TestPool.patiently().until(() -> metric(cluster, KEPT) == 1);
            }
            // The same again, then all but the last piece of it twice: what stands behind it makes that piece another.
            double most = 3.0 * program.length;
            assertThat(metric(cluster, SPARED) - before).isBetween(most - 2 * 65_536, most - 1);
        }
    }

    @Test
    @Order(1)
    void aCallersRunsComeFromOnePodAndAnothersFromAnother() {
        TestPool.patiently().until(() -> pool.warm() == 2);
        Set<String> first = pods();

        try (Cluster cluster = new Cluster()) {
            for (int i = 0; i < RUNS; i++) {
                assertThat(run("one")).isEqualTo("fresh\n");
                // A caller that comes before its sandbox is clean again gets another one.
                TestPool.patiently().until(() -> metric(cluster, KEPT) == 1);
            }
        }
        awaitKept(1);
        Set<String> second = pods();
        assertThat(second).hasSize(3).containsAll(first); // two were there, one of them served, and one took its place

        assertThat(run("other")).isEqualTo("fresh\n");
        awaitKept(2);
        assertThat(pods()).hasSize(4).containsAll(second);

        awaitKept(0); // nobody came back
        TestPool.patiently().until(() -> pods().size() == 2);
    }
}
