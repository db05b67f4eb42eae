package dev.sandpool.bench;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.e2e.cluster.ApiWrites;
import dev.sandpool.e2e.cluster.Cluster;
import dev.sandpool.e2e.run.Metrics;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/**
 * Measures what the operators use for a thousand pools and ten thousand sandboxes, beside what the whole machine uses.
 * The pods are objects only: their nodes are kwok's, and this process does what the runners would do. {@code make
 * bench-scale}.
 */
public final class ScaleBench {
    private static final int POOLS = Integer.getInteger("sandpool.bench.pools", 1000);
    private static final int SANDBOXES = Integer.getInteger("sandpool.bench.sandboxes", 10);
    private static final int CHANGES = 5;
    private static final Duration PATIENCE = Duration.ofMinutes(20);
    private static final Duration QUIET = Duration.ofSeconds(60);

    private final Cluster cluster;
    private final OperatorUsage operators;
    private final KwokPools pools;
    private final KwokRunners runners;
    private final Map<String, Double> peaks = new TreeMap<>();

    private ScaleBench(Cluster cluster) {
        this.cluster = cluster;
        this.operators = new OperatorUsage(cluster);
        this.pools = new KwokPools(cluster.client(), POOLS, SANDBOXES);
        this.runners = new KwokRunners(cluster.client(), SANDBOXES);
    }

    public static void main(String[] arguments) {
        try (Cluster cluster = BusyCluster.connect()) {
            new ScaleBench(cluster).measure();
        }
    }

    private void measure() {
        try {
            pools.prepare();
            step("%d pools without runners applied, and all reconciled".formatted(POOLS), () -> {
                pools.apply();
                await(() -> pools.deployments().size() == POOLS && pools.observed() == POOLS);
            });
            step("each has a runner, and all are ready", () -> {
                pools.startRunners();
                await(() -> pools.readyRunners() == POOLS);
            });
            step("each runner has %d sandboxes, and all pools are Ready".formatted(SANDBOXES), () -> {
                List<Pod> pods = pools.pods(PoolLabels.ROLE_RUNNER);
                BusyCluster.forEach(pods.size(), number -> runners.standFor(pods.get(number)));
                await(() -> pools.ready() == POOLS);
            });
            awaitNoStatusOfPods();
            step("the same for %d s, and nobody changes anything".formatted(QUIET.toSeconds()), () -> {
                Stopwatch watch = Stopwatch.start();
                await(() -> watch.seconds() >= QUIET.toSeconds());
            });
            change();
            sweeps();
        } finally {
            pools.remove();
        }
    }

    private void step(String what, Runnable work) {
        Map<String, Double> writes = ApiWrites.of(cluster.client());
        double operatorsBefore = operators.cpuSeconds();
        double machineBefore = Machine.cpuSeconds();
        peaks.clear();
        Stopwatch watch = Stopwatch.start();
        work.run();
        double took = watch.seconds();
        look();
        double used = operators.cpuSeconds() - operatorsBefore;
        System.out.printf(
                Locale.ROOT,
                """
                %s
                  time %.1f s; CPU of the operators %.2f s (%.3f of a core), of the whole machine %.1f s
                  memory of the operators at most %s; they have restarted %d times
                """,
                what,
                took,
                used,
                used / took,
                Machine.cpuSeconds() - machineBefore,
                peaks,
                operators.restarts());
        ApiWrites.since(writes, cluster.client())
                .forEach((kind, more) -> System.out.printf(Locale.ROOT, "  %-50s %8.0f%n", kind, more));
    }

    /** Changes one pool while the others exist. */
    private void change() {
        List<Double> times = IntStream.range(0, CHANGES)
                .mapToObj(number -> {
                    Stopwatch watch = Stopwatch.start();
                    pools.setQueueDepth(number, 100 + number);
                    Awaitility.await()
                            .atMost(PATIENCE)
                            .pollDelay(Duration.ZERO)
                            .pollInterval(Duration.ofMillis(20))
                            .until(() -> pools.settings(number).contains("\"queueDepth\":" + (100 + number)));
                    return watch.seconds();
                })
                .sorted()
                .toList();
        System.out.printf(
                Locale.ROOT,
                "one pool changed, until its runners are told: median %.2f s, longest %.2f s of %d%n",
                times.get(CHANGES / 2),
                times.getLast(),
                CHANGES);
    }

    private void sweeps() {
        cluster.operators().forEach(operator -> {
            String page = cluster.metrics(operator);
            double count = Metrics.sum(page, "sandpool_sweep_duration_seconds_count");
            if (count > 0) {
                System.out.printf(
                        Locale.ROOT,
                        "%s has swept %.0f times, %.3f s each, lately %.3f s at most%n",
                        operator.getMetadata().getName(),
                        count,
                        Metrics.sum(page, "sandpool_sweep_duration_seconds_sum") / count,
                        Metrics.sum(page, "sandpool_sweep_duration_seconds_max"));
            }
        });
    }

    private void await(BooleanSupplier done) {
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(2)).until(() -> {
            look();
            return done.getAsBoolean();
        });
    }

    /** kwok writes the status of ten thousand pods for about a minute after the last one is ready. */
    private void awaitNoStatusOfPods() {
        double[] before = {-1};
        await(() -> {
            double now = ApiWrites.of(cluster.client()).getOrDefault("PATCH pods/status", 0.0);
            boolean quiet = now == before[0];
            before[0] = now;
            return quiet;
        });
    }

    private void look() {
        operators.memoryMib().forEach((operator, mib) -> peaks.merge(operator, mib, Math::max));
    }
}
