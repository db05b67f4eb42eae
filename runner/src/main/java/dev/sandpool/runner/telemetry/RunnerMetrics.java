package dev.sandpool.runner.telemetry;

import dev.sandpool.crds.RunCounts;
import dev.sandpool.runner.admission.Admission;
import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.RunListener;
import dev.sandpool.runner.run.RunPhases;
import dev.sandpool.runner.sandbox.Outcome;
import dev.sandpool.runner.sandbox.Outcome.Counted;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** The metrics of the HTTP side. All label values come from closed sets, and all series exist from the start. */
public final class RunnerMetrics implements RunListener {
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10)
    };

    private final Map<Outcome, Counter> runs = new EnumMap<>(Outcome.class);
    private final Map<RunPhases.Phase, Timer> phases = new EnumMap<>(RunPhases.Phase.class);
    private final Map<CodeClass, Counter> requests = new EnumMap<>(CodeClass.class);
    private final Counter bytesIn;
    private final Counter bytesOut;

    /** The class of a response's HTTP status, as a label value. */
    public enum CodeClass {
        OK("2xx"),
        REDIRECT("3xx"),
        CLIENT_ERROR("4xx"),
        SERVER_ERROR("5xx"),
        /** The client had gone. */
        NONE("none");

        private final String label;

        CodeClass(String label) {
            this.label = label;
        }

        public static CodeClass of(int status) {
            return switch (status / 100) {
                case 2 -> OK;
                case 3 -> REDIRECT;
                case 4 -> CLIENT_ERROR;
                default -> SERVER_ERROR;
            };
        }
    }

    public RunnerMetrics(MeterRegistry registry, Admission admission, MemoryBudget memory) {
        for (var outcome : Outcome.values()) {
            runs.put(
                    outcome,
                    Counter.builder("sandpool.runs")
                            .description("requests for a run that were answered, by outcome")
                            .tag("outcome", outcome.label())
                            .register(registry));
        }
        for (var phase : RunPhases.Phase.values()) {
            phases.put(
                    phase,
                    Timer.builder("sandpool.run.phase")
                            .description("time of runs, by phase")
                            .tag("phase", phase.label())
                            .serviceLevelObjectives(BUCKETS)
                            .register(registry));
        }
        for (var code : CodeClass.values()) {
            requests.put(
                    code,
                    Counter.builder("sandpool.requests")
                            .description("HTTP requests, by the class of their status")
                            .tag("code", code.label)
                            .register(registry));
        }
        bytesIn = bytes(registry, "in");
        bytesOut = bytes(registry, "out");
        Gauge.builder("sandpool.queue.depth", admission, Admission::waiting)
                .description("requests that wait for a slot")
                .register(registry);
        Gauge.builder("sandpool.callers.waiting", admission, Admission::callersWaiting)
                .description("callers with at least one request that waits for a slot")
                .register(registry);
        Gauge.builder("sandpool.slots.taken", admission, Admission::holders)
                .description("requests that have a slot")
                .register(registry);
        Gauge.builder("sandpool.memory.left", memory, MemoryBudget::left)
                .description("memory left for bodies and outputs; with none left, outputs go to disk")
                .baseUnit("bytes")
                .register(registry);
    }

    private static Counter bytes(MeterRegistry registry, String direction) {
        return Counter.builder("sandpool.bytes")
                .description("bytes of programs that were received, and of answers that were sent over HTTP")
                .tag("direction", direction)
                .register(registry);
    }

    @Override
    public void ended(CompletedRun run) {
        counter(runs, run.outcome()).increment();
        bytesIn.increment((double) run.bytesIn());
        phases.forEach((phase, timer) -> {
            if (run.phases().reached(phase)) {
                timer.record(run.phases().duration(phase));
            }
        });
    }

    /** Returns the number of runs of this instance, as the pool's status counts them. */
    public RunCounts counts() {
        long failed = counted(Counted.AS_FAILED);
        long timedOut = counted(Counted.AS_TIMED_OUT);
        return new RunCounts(counted(Counted.AS_RUN) + failed + timedOut, failed, timedOut);
    }

    private long counted(Counted as) {
        return runs.entrySet().stream()
                .filter(counter -> counter.getKey().counted() == as)
                .mapToLong(counter -> (long) counter.getValue().count())
                .sum();
    }

    /** Counts a response. */
    public void answered(CodeClass code) {
        counter(requests, code).increment();
    }

    /** Counts bytes of a response as sent. */
    public void bytesOut(long bytes) {
        bytesOut.increment((double) bytes);
    }

    private static <K> Counter counter(Map<K, Counter> counters, K key) {
        Counter counter = counters.get(key);
        if (counter == null) {
            throw new IllegalArgumentException("no counter for " + key);
        }
        return counter;
    }
}
