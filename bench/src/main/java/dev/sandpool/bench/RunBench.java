package dev.sandpool.bench;

import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Percentiles;
import dev.sandpool.e2e.run.Programs;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Measures one Go hello through every way that it can run here, in one call so that ratios mean something. {@code make
 * bench}.
 *
 * <p>First paced: each way in turn runs it once with a warm sandbox ready and nothing else going on, 60 rounds. Then each
 * way alone and without pause: 60 runs in sequence, and 60 by two clients at once (600 where sandboxes are used again).
 * All clients are one caller, so that ways which use a sandbox again may do so. These ways also run three programs in
 * turn, since the same program need not be sent again. Last, what the cluster alone does: pods of the pool's template are
 * created and deleted, and nothing runs in them.
 */
public final class RunBench {
    private static final int ROUNDS = Integer.getInteger("sandpool.bench.rounds", 60);
    /** The factor for ways whose sandboxes serve several runs: during the first runs sandboxes are still created and replaced. */
    private static final int LONGER = 10;

    /** These rounds warm up the machine, the runners and this JVM. */
    private static final int UNCOUNTED = 5;

    private static final PrintStream OUT = System.out;

    private final byte[] program;
    /** The first is measured alone. The others are about as large, and have nothing in common with it. */
    private final List<byte[]> small;

    private final List<BenchTarget> targets;

    private RunBench(byte[] program, List<byte[]> small, List<BenchTarget> targets) {
        this.program = program;
        this.small = small;
        this.targets = targets;
    }

    public static void main(String[] args) throws Exception {
        List<BenchTarget> targets = available();
        try {
            byte[] program = Programs.go("hello");
            List<byte[]> small = List.of(
                    Programs.smallGo("hello"), Programs.smallGo("hello_sorted"), Programs.smallGo("hello_timed"));
            OUT.printf(
                    Locale.ROOT,
                    "%nGo hello, %.1f MB, %d rounds, %d processors%n",
                    program.length / 1e6,
                    ROUNDS,
                    Runtime.getRuntime().availableProcessors());
            new RunBench(program, small, targets).measure();
        } finally {
            for (BenchTarget target : targets) {
                target.close();
            }
        }
    }

    /**
     * Returns the ways that the environment names. The first is the base, without HTTP and Kubernetes: the same program over
     * plain pipes to runsc. SANDPOOL_RUNSC, SANDPOOL_ROOTFS and SANDPOOL_CONTAINED name it. SANDPOOL_LOCAL_URL with
     * SANDPOOL_LOCAL_ADMIN_URL is a runner over local sandboxes, SANDPOOL_LOCAL_REUSE_URL with
     * SANDPOOL_LOCAL_REUSE_ADMIN_URL one that uses them again. SANDPOOL_URL with KUBECONFIG is the runner on the cluster,
     * beside which a pool with reuse is created; with SANDPOOL_EMBEDDED_IMAGE also one whose pods have a gVisor of that
     * image.
     */
    private static List<BenchTarget> available() throws IOException {
        List<BenchTarget> targets = new ArrayList<>();
        String runsc = System.getenv("SANDPOOL_RUNSC");
        if (runsc != null) {
            targets.add(new PipesTarget(
                    Path.of(runsc), Path.of(required("SANDPOOL_ROOTFS")), Path.of(required("SANDPOOL_CONTAINED"))));
        }
        String local = System.getenv("SANDPOOL_LOCAL_URL");
        if (local != null) {
            targets.add(ServiceTarget.local(
                    "POST /run, local sandboxes",
                    false,
                    URI.create(local),
                    URI.create(required("SANDPOOL_LOCAL_ADMIN_URL"))));
        }
        String reusing = System.getenv("SANDPOOL_LOCAL_REUSE_URL");
        if (reusing != null) {
            targets.add(ServiceTarget.local(
                    "POST /run, local, reuse",
                    true,
                    URI.create(reusing),
                    URI.create(required("SANDPOOL_LOCAL_REUSE_ADMIN_URL"))));
        }
        String service = System.getenv("SANDPOOL_URL");
        if (service != null) {
            targets.add(ServiceTarget.pods(URI.create(service)));
            targets.add(ServiceTarget.reusedPods());
            if (System.getenv(TestPool.EMBEDDED_IMAGE) != null) {
                targets.add(ServiceTarget.embeddedPods());
            }
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

    private void measure() throws Exception {
        paced("the Go hello", program);
        // What a run costs whatever its size.
        paced("a script of a line", Programs.script("#!/bin/sh\necho 'Hello, 世界'\n"));
        for (BenchTarget target : targets) {
            unpaced(target, List.of(program), 1);
            unpaced(target, List.of(program), 2);
        }
        OUT.printf(
                Locale.ROOT,
                "without symbols, %.1f MB, as the old backend's figures are of:%n",
                small.getFirst().length / 1e6);
        for (BenchTarget target : targets) {
            unpaced(target, small.subList(0, 1), 2);
        }
        OUT.println("three programs of about that size in turn:");
        for (BenchTarget target : targets) {
            if (target.usesAgain()) {
                unpaced(target, small, 2);
            }
        }
        if (System.getenv("SANDPOOL_URL") != null) {
            for (BenchTarget target : targets) {
                target.awaitQuiet();
            }
            BarePods.measure(ROUNDS / 2, 2).forEach(OUT::println);
        }
        for (BenchTarget target : targets) {
            target.awaitQuiet();
            double mib = target.memoryPerWarmSandboxMib();
            if (!Double.isNaN(mib)) {
                OUT.printf(Locale.ROOT, "%-28s %5.1f MiB per warm sandbox%n", target.name(), mib);
            }
        }
    }

    private void paced(String what, byte[] program) throws Exception {
        List<List<Double>> millis = targets.stream()
                .map(_ -> (List<Double>) new ArrayList<Double>())
                .toList();
        for (int round = -UNCOUNTED; round < ROUNDS; round++) {
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).awaitQuiet();
                double took = once(targets.get(i), program);
                if (round >= 0) {
                    millis.get(i).add(took);
                }
            }
        }
        OUT.println(what + ", paced, a warm sandbox ready, each way in turn:");
        Percentiles base = Percentiles.of(millis.getFirst());
        for (int i = 0; i < targets.size(); i++) {
            Percentiles percentiles = Percentiles.of(millis.get(i));
            OUT.printf(
                    Locale.ROOT,
                    "  %-26s %s  median %+.1f ms, x%.2f%n",
                    targets.get(i).name(),
                    percentiles,
                    percentiles.median() - base.median(),
                    percentiles.median() / base.median());
        }
    }

    private static void unpaced(BenchTarget target, List<byte[]> programs, int clients) throws Exception {
        if (!target.hasQueue() && clients > 1) {
            return;
        }
        int rounds = target.usesAgain() ? ROUNDS * LONGER : ROUNDS;
        target.awaitQuiet();
        List<Double> millis = Collections.synchronizedList(new ArrayList<>());
        double cpu = Machine.cpuSeconds();
        Stopwatch watch = Stopwatch.start();
        try (ExecutorService callers = Executors.newFixedThreadPool(clients)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < rounds; i++) {
                byte[] program = programs.get(i % programs.size());
                all.add(callers.submit(() -> {
                    millis.add(once(target, program));
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
        double seconds = watch.seconds();
        OUT.printf(
                Locale.ROOT,
                "%-28s %d client%s  %s  %.2f runs/s  %.2f CPU s per run%n",
                target.name(),
                clients,
                clients == 1 ? " " : "s",
                Percentiles.of(millis),
                rounds / seconds,
                (Machine.cpuSeconds() - cpu) / rounds);
    }

    private static double once(BenchTarget target, byte[] program) throws Exception {
        Stopwatch watch = Stopwatch.start();
        String stdout = target.run(program);
        double millis = watch.millis();
        if (!stdout.equals("Hello, 世界\n")) {
            throw new IllegalStateException(target.name() + " answered " + stdout);
        }
        return millis;
    }
}
