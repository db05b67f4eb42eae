package dev.sandpool.operator.pool;

import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import dev.sandpool.operator.plan.PoolConditions;
import io.fabric8.kubernetes.api.model.Condition;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The numbers of pools by their conditions, for Prometheus. Label values come from closed sets, and all series exist
 * from the start.
 */
public final class PoolMetrics {
    private static final String UNKNOWN = "Unknown";
    private static final Duration COUNTS_ARE_GOOD_FOR = Duration.ofSeconds(1);

    private volatile Supplier<Stream<SandboxPool>> pools = Stream::empty;

    // Guarded by this, both fields.
    private Map<List<String>, Long> counts = Map.of();
    private long counted = System.nanoTime() - COUNTS_ARE_GOOD_FOR.toNanos();

    public PoolMetrics(MeterRegistry registry) {
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

    /** Computes the fifteen numbers of one scrape in a single pass over the pools. */
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

    /**
     * Returns the status of the condition; Unknown also while the condition is about an earlier generation of the spec.
     */
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

    public void watch(Supplier<Stream<SandboxPool>> all) {
        pools = all;
    }
}
