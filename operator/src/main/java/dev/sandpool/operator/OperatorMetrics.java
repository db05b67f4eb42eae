package dev.sandpool.operator;

import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the operator tells Prometheus. Label values come from closed sets, and all series exist from the start. */
final class OperatorMetrics {
    private static final String UNKNOWN = "Unknown";
    private static final Duration COUNTS_ARE_GOOD_FOR = Duration.ofSeconds(1);

    private final Map<SweepVerdict.Reason, Counter> swept = new EnumMap<>(SweepVerdict.Reason.class);
    private final AtomicInteger unwanted = new AtomicInteger();
    private final AtomicInteger stuck = new AtomicInteger();
    private final AtomicLong lastSweep = new AtomicLong();
    private final AtomicBoolean leading = new AtomicBoolean();
    private final Timer sweeps;
    private volatile Supplier<Stream<SandboxPool>> pools = Stream::empty;

    // Both guarded by this.
    private Map<List<String>, Long> counts = Map.of();
    private long counted = System.nanoTime() - COUNTS_ARE_GOOD_FOR.toNanos();

    OperatorMetrics(MeterRegistry registry) {
        for (SweepVerdict.Reason reason : SweepVerdict.Reason.values()) {
            swept.put(
                    reason,
                    Counter.builder("sandpool.sandboxes.swept")
                            .description("leaked sandboxes that were deleted, by why nobody wanted them")
                            .tag("reason", reason.label())
                            .register(registry));
        }
        Gauge.builder("sandpool.unwanted.sandboxes", unwanted, AtomicInteger::get)
                .description("sandboxes that nobody wanted, as the last sweep found them")
                .register(registry);
        Gauge.builder("sandpool.sandboxes.stuck.terminating", stuck, AtomicInteger::get)
                .description("sandboxes that were deleted a while ago and are still there")
                .register(registry);
        Gauge.builder("sandpool.sweep.last.timestamp", lastSweep, AtomicLong::get)
                .description("when the last sweep was done; 0 before the first, and in an operator that does not lead")
                .baseUnit("seconds")
                .register(registry);
        sweeps = Timer.builder("sandpool.sweep.duration")
                .description("how long sweeps took")
                .register(registry);
        Gauge.builder("sandpool.operator.leader", leading, on -> on.get() ? 1 : 0)
                .description("1 in the operator that leads")
                .register(registry);
        for (String condition : PoolConditions.TYPES) {
            for (String status : List.of("True", "False", UNKNOWN)) {
                pools(registry, condition, status);
            }
        }
    }

    private void pools(MeterRegistry registry, String condition, String status) {
        Gauge.builder("sandpool.pools", this, self -> self.counts().getOrDefault(List.of(condition, status), 0L))
                .description("pools by the status of each of their conditions")
                .tag("condition", condition)
                .tag("status", status)
                .register(registry);
    }

    /** All of them in one pass over the pools, for the fifteen numbers of one scrape. */
    private synchronized Map<List<String>, Long> counts() {
        long now = System.nanoTime();
        if (now - counted >= COUNTS_ARE_GOOD_FOR.toNanos()) {
            counts = pools.get()
                    .flatMap(pool ->
                            PoolConditions.TYPES.stream().map(condition -> List.of(condition, status(pool, condition))))
                    .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
            counted = now;
        }
        return counts;
    }

    /** Unknown as well while the condition is about an earlier generation of the spec. */
    private static String status(SandboxPool pool, String type) {
        SandboxPoolStatus status = pool.getStatus();
        return status == null
                ? UNKNOWN
                : PoolConditions.find(status.conditions(), type)
                        .filter(condition -> Objects.equals(
                                condition.getObservedGeneration(),
                                pool.getMetadata().getGeneration()))
                        .map(Condition::getStatus)
                        .orElse(UNKNOWN);
    }

    void watch(Supplier<Stream<SandboxPool>> all) {
        pools = all;
    }

    void timeSweep(Runnable sweep) {
        sweeps.record(sweep);
    }

    void leads(boolean now) {
        leading.set(now);
    }

    void deleted(SweepVerdict.Reason reason) {
        Counter counter = swept.get(reason);
        if (counter != null) {
            counter.increment();
        }
    }

    void swept(Instant now, int found, int stuckNow) {
        lastSweep.set(now.getEpochSecond());
        unwanted.set(found);
        stuck.set(stuckNow);
    }
}
