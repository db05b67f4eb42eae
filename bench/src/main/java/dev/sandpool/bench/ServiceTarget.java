package dev.sandpool.bench;

import dev.sandpool.e2e.cluster.Cluster;
import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Metrics;
import dev.sandpool.e2e.run.RunnerService;
import io.fabric8.kubernetes.api.model.Pod;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;

/** A runner, by its HTTP API. */
final class ServiceTarget implements BenchTarget {
    private final String name;
    private final boolean usesAgain;
    private final RunnerService service;
    private final BooleanSupplier quiet;
    private final DoubleSupplier memory;
    private final Runnable closing;

    private ServiceTarget(
            String name,
            boolean usesAgain,
            RunnerService service,
            BooleanSupplier quiet,
            DoubleSupplier memory,
            Runnable closing) {
        this.name = name;
        this.usesAgain = usesAgain;
        this.service = service;
        this.quiet = quiet;
        this.memory = memory;
        this.closing = closing;
    }

    /** One over local sandboxes, which are the same processes as over plain pipes. */
    static BenchTarget local(String name, boolean usesAgain, URI base, URI adminBase) {
        RunnerService admin = new RunnerService(adminBase);
        BooleanSupplier quiet = () -> isQuiet(
                series -> Metrics.sum(new String(admin.get("/metrics").body(), StandardCharsets.UTF_8), series));
        return new ServiceTarget(name, usesAgain, new RunnerService(base), quiet, () -> Double.NaN, () -> {});
    }

    /** The one that is deployed on the cluster, whose pods serve one run each. */
    static BenchTarget pods(URI base) {
        Cluster cluster = new Cluster();
        return new ServiceTarget(
                "POST /run, gVisor pods",
                false,
                new RunnerService(base),
                () -> isQuiet(cluster::metric),
                () -> memory(cluster.sandboxes()),
                cluster::close);
    }

    /** One of a pool of the bench's own, whose pods serve their caller again. */
    static BenchTarget reusedPods() {
        TestPool pool = TestPool.made(
                "bench-reuse",
                "workers: 2, warm: {min: 1, max: 2}, reuse: {maxRuns: 10000, maxAge: 1h}, " + TestPool.DEFAULT_RUNNER);
        return new ServiceTarget(
                "POST /run, pods, reuse", true, pool.service(), () -> isQuiet(pool), () -> Double.NaN, pool::close);
    }

    /** One of a pool of the bench's own, whose pods start a gVisor sandbox for each run. */
    static BenchTarget embeddedPods() {
        TestPool pool = TestPool.embedded(
                TestPool.LENIENT_NAMESPACE,
                "bench-embedded",
                "workers: 2, warm: {min: 1, max: 2}, embedded: {seccompProfile: {type: Unconfined}}");
        return new ServiceTarget(
                "POST /run, pods, embedded",
                false,
                pool.service(),
                () -> isQuiet(pool),
                () -> memory(pool.sandboxes()),
                pool::close);
    }

    /** By the pool's status, which is up to two seconds old: the paced rounds are never busier than they say. */
    private static boolean isQuiet(TestPool pool) {
        return pool.warm() >= 1
                && pool.status().runners().stream().allMatch(runner -> runner.running() + runner.starting() == 0);
    }

    /** By its metrics it has a warm sandbox and none that starts, runs or ends, though some may be kept. */
    private static boolean isQuiet(ToDoubleFunction<String> metric) {
        double warm = metric.applyAsDouble("sandpool_sandboxes{state=\"warm\"}");
        double kept = metric.applyAsDouble("sandpool_sandboxes{state=\"kept\"}");
        return warm >= 1 && metric.applyAsDouble("sandpool_sandboxes") == warm + kept;
    }

    private static double memory(List<Pod> sandboxes) {
        return sandboxes.stream()
                .mapToDouble(pod -> Machine.podMemoryMib(pod.getMetadata().getUid()))
                .average()
                .orElse(Double.NaN);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String run(byte[] program) {
        return service.run(program).stdout();
    }

    @Override
    public void awaitQuiet() throws InterruptedException {
        Cluster.patiently().until(quiet::getAsBoolean);
        Machine.awaitIdle();
    }

    @Override
    public boolean hasQueue() {
        return true;
    }

    @Override
    public boolean usesAgain() {
        return usesAgain;
    }

    @Override
    public double memoryPerWarmSandboxMib() {
        return memory.getAsDouble();
    }

    @Override
    public void close() {
        closing.run();
    }
}
