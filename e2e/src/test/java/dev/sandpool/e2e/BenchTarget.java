package dev.sandpool.e2e;

import dev.sandpool.runner.sandbox.LocalSandboxes;
import dev.sandpool.runner.sandbox.OutputSink;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.RunRequest;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.Sandboxes;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** One way to run a program. */
interface BenchTarget extends AutoCloseable {
    String name();

    /** Runs it once and returns what it printed. */
    String run(byte[] program) throws Exception;

    /** Waits until a warm sandbox is ready and nothing of the run before goes on. */
    void awaitQuiet() throws Exception;

    /** Whether several clients may run at once. */
    boolean hasQueue();

    /** Whether a sandbox may serve several runs. */
    default boolean usesAgain() {
        return false;
    }

    /** Proportional memory of one warm sandbox and what serves it alone; not a number where another way has the same sandboxes. */
    double memoryPerWarmSandboxMib();

    @Override
    void close();

    /**
     * As the environment says. The base comes first: the same binary over plain pipes to runsc, without HTTP and without Kubernetes.
     * SANDPOOL_RUNSC, SANDPOOL_ROOTFS and SANDPOOL_CONTAINED make it; SANDPOOL_LOCAL_URL with SANDPOOL_LOCAL_ADMIN_URL is a runner over
     * local sandboxes, SANDPOOL_LOCAL_REUSE_URL with SANDPOOL_LOCAL_REUSE_ADMIN_URL one that uses them again; SANDPOOL_URL with KUBECONFIG the
     * runner on the cluster, and a pool beside it that uses its pods again.
     */
    static List<BenchTarget> available() throws IOException {
        List<BenchTarget> targets = new ArrayList<>();
        String runsc = System.getenv("SANDPOOL_RUNSC");
        if (runsc != null) {
            targets.add(new Pipes(
                    Path.of(runsc), Path.of(required("SANDPOOL_ROOTFS")), Path.of(required("SANDPOOL_CONTAINED"))));
        }
        String local = System.getenv("SANDPOOL_LOCAL_URL");
        if (local != null) {
            targets.add(new LocalService(
                    "POST /run, local sandboxes",
                    false,
                    URI.create(local),
                    URI.create(required("SANDPOOL_LOCAL_ADMIN_URL"))));
        }
        String reusing = System.getenv("SANDPOOL_LOCAL_REUSE_URL");
        if (reusing != null) {
            targets.add(new LocalService(
                    "POST /run, local, reuse",
                    true,
                    URI.create(reusing),
                    URI.create(required("SANDPOOL_LOCAL_REUSE_ADMIN_URL"))));
        }
        String service = System.getenv("SANDPOOL_URL");
        if (service != null) {
            targets.add(new ClusterService(URI.create(service)));
            targets.add(new ReusingPods());
        }
        if (targets.isEmpty()) {
            throw new IllegalStateException("nothing to measure: run 'make bench', which says where each part is");
        }
        return targets;
    }

    private static String required(String variable) {
        String value = System.getenv(variable);
        if (value == null) {
            throw new IllegalStateException(variable + " is not set");
        }
        return value;
    }

    /** The machine has settled when all processes together use less than a fifth of one processor, or after so long. */
    private static void awaitIdleMachine() throws InterruptedException {
        long patience = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        double before;
        do {
            before = Machine.cpuSeconds();
            Thread.sleep(Duration.ofMillis(200)); // a measuring interval, not a wait for an event
        } while (Machine.cpuSeconds() - before > 0.04 && System.nanoTime() < patience);
    }

    /** A runner, by its metrics, has a warm sandbox and none that starts, runs or ends, though some may be kept; and the machine has settled. */
    private static void awaitQuiet(ToDoubleFunction<String> metric) throws InterruptedException {
        Cluster.patiently().until(() -> {
            double warm = metric.applyAsDouble("sandpool_sandboxes{state=\"warm\"}");
            double kept = metric.applyAsDouble("sandpool_sandboxes{state=\"kept\"}");
            return warm >= 1 && metric.applyAsDouble("sandpool_sandboxes") == warm + kept;
        });
        awaitIdleMachine();
    }

    /** contained in runsc over pipes, one sandbox at a time, started outside of what is measured. */
    final class Pipes implements BenchTarget {
        private static final long MIB = 1 << 20;
        private static final Duration START_TIMEOUT = Duration.ofSeconds(30);

        private final LocalSandboxes sandboxes;
        private final Revision revision;
        private Sandboxes.@Nullable WarmSandbox warm;

        Pipes(Path runsc, Path rootfs, Path contained) throws IOException {
            var limits = new SandboxLimits(
                    100 * MIB, 16 * MIB, 100 * MIB, 100 * MIB, 64, Optional.empty(), Duration.ofSeconds(5));
            revision = Revision.local(limits);
            sandboxes = new LocalSandboxes(
                    new LocalSandboxes.Settings(contained, Optional.of(rootfs), Optional.of(runsc)), limits);
        }

        @Override
        public String name() {
            return "runsc over plain pipes";
        }

        @Override
        public void awaitQuiet() throws Exception {
            if (warm == null) {
                warm = sandboxes.start(revision, START_TIMEOUT);
            }
            awaitIdleMachine();
        }

        @Override
        public String run(byte[] program) throws Exception {
            Sandboxes.WarmSandbox sandbox = warm == null ? sandboxes.start(revision, START_TIMEOUT) : warm;
            warm = null;
            var stdout = new ByteArrayOutputStream();
            RunResult result = sandbox.run(
                    new RunRequest(List.of(), new ByteArrayInputStream(program)),
                    new OutputSink() {
                        @Override
                        public void stdout(byte[] from, int offset, int length) {
                            stdout.write(from, offset, length);
                        }

                        @Override
                        public void stderr(byte[] from, int offset, int length) {}
                    },
                    () -> {});
            Thread.startVirtualThread(sandbox::close); // as the runner: the answer does not wait for it
            return result instanceof RunResult.Exited ? stdout.toString(StandardCharsets.UTF_8) : result.toString();
        }

        @Override
        public boolean hasQueue() {
            return false;
        }

        @Override
        public double memoryPerWarmSandboxMib() {
            return Machine.childrenMemoryMib(ProcessHandle.current().pid());
        }

        @Override
        public void close() {
            sandboxes.close();
        }
    }

    /** A runner over local sandboxes. */
    final class LocalService implements BenchTarget {
        private final String name;
        private final boolean reuses;
        private final RunnerService service;
        private final RunnerService admin;

        LocalService(String name, boolean reuses, URI base, URI admin) {
            this.name = name;
            this.reuses = reuses;
            this.service = new RunnerService(base);
            this.admin = new RunnerService(admin);
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public boolean usesAgain() {
            return reuses;
        }

        private double metric(String series) {
            return Metrics.sum(new String(admin.get("/metrics").body(), StandardCharsets.UTF_8), series);
        }

        @Override
        public void awaitQuiet() throws InterruptedException {
            BenchTarget.awaitQuiet(this::metric);
        }

        @Override
        public String run(byte[] program) {
            return service.run(program).stdout();
        }

        @Override
        public boolean hasQueue() {
            return true;
        }

        @Override
        public double memoryPerWarmSandboxMib() {
            return Double.NaN; // the same processes as over plain pipes
        }

        @Override
        public void close() {}
    }

    /** The runner on the cluster, through its Service. */
    final class ClusterService implements BenchTarget {
        private final RunnerService service;
        private final Cluster cluster = new Cluster();

        ClusterService(URI base) {
            this.service = new RunnerService(base);
        }

        @Override
        public String name() {
            return "POST /run, gVisor pods";
        }

        @Override
        public void awaitQuiet() throws InterruptedException {
            BenchTarget.awaitQuiet(cluster::metric);
        }

        @Override
        public String run(byte[] program) {
            return service.run(program).stdout();
        }

        @Override
        public boolean hasQueue() {
            return true;
        }

        @Override
        public double memoryPerWarmSandboxMib() {
            List<Pod> warm = cluster.sandboxes();
            return warm.stream()
                    .mapToDouble(pod -> Machine.podMemoryMib(pod.getMetadata().getUid()))
                    .average()
                    .orElse(Double.NaN);
        }

        @Override
        public void close() {
            cluster.close();
        }
    }

    /** A pool of the bench's own, whose pods serve their caller again. */
    final class ReusingPods implements BenchTarget {
        private final TestPool pool =
                TestPool.made("bench-reuse", "workers: 2, warm: {min: 1, max: 2}, reuse: {maxRuns: 10000, maxAge: 1h}");
        private final RunnerService service = pool.service();

        @Override
        public String name() {
            return "POST /run, pods, reuse";
        }

        @Override
        public boolean usesAgain() {
            return true;
        }

        /** By the pool's status, which is up to two seconds old: the paced rounds are never busier than they say. */
        @Override
        public void awaitQuiet() throws InterruptedException {
            TestPool.patiently()
                    .until(() -> pool.warm() >= 1
                            && pool.status().runners().stream()
                                    .allMatch(runner -> runner.running() + runner.starting() == 0));
            BenchTarget.awaitIdleMachine();
        }

        @Override
        public String run(byte[] program) {
            return service.run(program).stdout();
        }

        @Override
        public boolean hasQueue() {
            return true;
        }

        @Override
        public double memoryPerWarmSandboxMib() {
            return Double.NaN; // pods like the others
        }

        @Override
        public void close() {
            pool.close();
        }
    }
}
