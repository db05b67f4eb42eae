package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.protocol.Frame;
import dev.sandpool.runner.sandbox.pool.WarmPool;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;

/**
 * One runner with two hundred warm sandboxes, on attach streams over loopback: what they take of its heap, its threads and its processor while nobody
 * runs anything, and how soon it notices that all streams are broken. The API server and the sandboxes are in this process too, so each figure is
 * above the runner's own. {@code make bench-scale}.
 */
public final class ManySandboxesBench {
    private static final int SANDBOXES = Integer.getInteger("sandpool.bench.sandboxes", 200);
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration QUIET = Duration.ofSeconds(30);

    private ManySandboxesBench() {}

    public static void main(String[] arguments) {
        var runner = new RunnerIdentity("go", FakeCluster.NAMESPACE, "go-runner-0", Optional.of("runner-uid"), "life1");
        try (var cluster = new FakeCluster();
                var owner = new KubernetesPool(runner, cluster.client());
                var pool = new WarmPool(owner.sandboxes(), new SimpleMeterRegistry())) {
            cluster.contained = contained -> {
                contained.greet();
                while (true) {
                    if (contained.next() instanceof Frame.Ping ping) {
                        contained.send(new Frame.Pong(ping.bytes()));
                    }
                }
            };
            cluster.add(FakeCluster.podTemplate("go", "r1"));
            owner.follow(pool::apply);
            pool.open();
            await(cluster, pool, 1);
            long heap = heap();
            int threads = threads();
            long begin = System.nanoTime();
            await(cluster, pool, SANDBOXES);
            System.out.printf(Locale.ROOT, "one runner, %d sandboxes warm after %.1f s%n", SANDBOXES, seconds(begin));
            System.out.printf(
                    Locale.ROOT,
                    "  heap %.0f KiB for each; %d platform threads more%n",
                    (heap() - heap) / 1024.0 / (SANDBOXES - 1),
                    threads() - threads);
            quiet();
            begin = System.nanoTime();
            cluster.fault = request -> FakeCluster.refusal(503, "no new ones");
            cluster.breakStreams();
            until(() -> pool.state().warm() == 0);
            System.out.printf(Locale.ROOT, "  all streams broken: noticed after %.3f s%n", seconds(begin));
            cluster.fault = request -> null;
        }
    }

    private static void await(FakeCluster cluster, WarmPool pool, int count) {
        cluster.settings("go", """
                {"revision": "r1", "workers": %1$d, "warmMin": %1$d, "warmMax": %1$d, "queueDepth": 4,
                 "startTimeout": "60s", "queueTimeout": "5s"}
                """.formatted(count));
        until(() -> pool.state().warmOf().equals(Map.of("r1", count)));
    }

    private static void until(BooleanSupplier done) {
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).until(done::getAsBoolean);
    }

    private static void quiet() {
        var process = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long before = process.getProcessCpuTime();
        long begin = System.nanoTime();
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> seconds(begin) >= QUIET.toSeconds());
        System.out.printf(
                Locale.ROOT,
                "  at rest %.4f of a core%n",
                (process.getProcessCpuTime() - before) / 1e9 / seconds(begin));
    }

    private static long heap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static int threads() {
        return ManagementFactory.getThreadMXBean().getThreadCount();
    }

    private static double seconds(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }
}
