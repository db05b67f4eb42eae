package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.PoolState;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToIntFunction;

/** The metrics of the pool. Label values come from closed sets; the name of a pod is never a label value. */
final class PoolMeters {
    private static final String STARTS = "sandpool.sandbox.starts";

    // The reasons why a sandbox may fail to greet again.
    private static final Set<Reason> REFUSALS =
            EnumSet.of(Reason.DEADLINE, Reason.ENDED_EARLY, Reason.PROTOCOL, Reason.REFUSED_FACT);

    private final MeterRegistry registry;
    private final Timer startTime;
    private final Counter lost;
    private final Counter cacheHits;

    /** How the wait of a claim ended. */
    enum Wait {
        WARM,
        KEPT,
        TIMED_OUT,
        CLOSED
    }

    PoolMeters(MeterRegistry registry) {
        this.registry = registry;
        this.startTime = Timer.builder("sandpool.sandbox.start")
                .description("Time from the creation of a sandbox until it was warm")
                .serviceLevelObjectives(
                        Duration.ofMillis(50),
                        Duration.ofMillis(200),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(30))
                .register(registry);
        this.lost = Counter.builder("sandpool.sandboxes.lost")
                .description("Sandboxes that ended by themselves while they were warm")
                .register(registry);
        this.cacheHits = Counter.builder("sandpool.program.spared")
                .description(
                        "Bytes of programs that were not sent to a sandbox, because it had kept them from its last run")
                .baseUnit("bytes")
                .register(registry);
        starts("warm");
        for (Reason reason : Reason.values()) {
            starts(label(reason)); // a series that exists from the start can be used in alerts
        }
        reuses("clean");
        for (Reason reason : REFUSALS) {
            reuses(label(reason));
        }
        renewals("new");
        for (Reason reason : REFUSALS) {
            renewals(label(reason));
        }
        for (Wait outcome : Wait.values()) {
            waits(outcome);
        }
    }

    void watch(WarmPool pool, Sandboxes sandboxes) {
        gauge("starting", pool, p -> p.state().starting());
        gauge("warm", pool, p -> p.state().warm());
        gauge("running", pool, p -> p.state().running());
        gauge("kept", pool, p -> p.state().kept());
        Gauge.builder("sandpool.warm.wanted", pool, p -> p.state().warmWanted())
                .description("Target number of warm sandboxes")
                .register(registry);
        Gauge.builder("sandpool.sandboxes.outdated", pool, PoolMeters::outdated)
                .description("Warm sandboxes of another revision than the current settings name")
                .register(registry);
        Gauge.builder("sandpool.sandboxes", sandboxes, Sandboxes::ending)
                .tag("state", "ending")
                .register(registry);
    }

    private static int outdated(WarmPool pool) {
        PoolState state = pool.state();
        return state.warm() - state.warmOfTarget();
    }

    private void gauge(String state, WarmPool pool, ToIntFunction<WarmPool> count) {
        Gauge.builder("sandpool.sandboxes", pool, count::applyAsInt)
                .description("Sandboxes by state")
                .tag("state", state)
                .register(registry);
    }

    void started(Duration took) {
        startTime.record(took);
        starts("warm").increment();
    }

    void startFailed(Reason reason) {
        starts(label(reason)).increment();
    }

    /** @param isNew whether a new sandbox in the same pod has greeted */
    void greetedAgain(boolean isNew) {
        (isNew ? renewals("new") : reuses("clean")).increment();
    }

    void didNotGreetAgain(boolean wouldBeNew, Reason reason) {
        (wouldBeNew ? renewals(label(reason)) : reuses(label(reason))).increment();
    }

    void cacheHit(long bytes) {
        cacheHits.increment((double) bytes);
    }

    void lost() {
        lost.increment();
    }

    void waited(Wait outcome, Duration time) {
        waits(outcome).record(time);
    }

    private Counter starts(String outcome) {
        return Counter.builder(STARTS)
                .description("Sandbox starts, by result")
                .tag("outcome", outcome)
                .register(registry);
    }

    private Counter reuses(String outcome) {
        return Counter.builder("sandpool.sandbox.reuses")
                .description("Sandboxes that were checked for reuse after a run, by result")
                .tag("outcome", outcome)
                .register(registry);
    }

    private Counter renewals(String outcome) {
        return Counter.builder("sandpool.sandbox.renewals")
                .description("Pods with an embedded gVisor after a run, by whether a new sandbox started in them")
                .tag("outcome", outcome)
                .register(registry);
    }

    private Timer waits(Wait outcome) {
        return Timer.builder("sandpool.sandbox.wait")
                .description("Time that runs waited for a warm sandbox")
                .tag("outcome", label(outcome))
                .serviceLevelObjectives(
                        Duration.ofMillis(1),
                        Duration.ofMillis(10),
                        Duration.ofMillis(100),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(10))
                .register(registry);
    }

    private static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
