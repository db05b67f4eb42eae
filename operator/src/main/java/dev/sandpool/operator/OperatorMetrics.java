package dev.sandpool.operator;

import dev.sandpool.operator.pool.PoolMetrics;
import dev.sandpool.operator.sweep.SweepMetrics;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicBoolean;

/** The metrics that the operator itself publishes. */
final class OperatorMetrics {
    private final PoolMetrics pools;
    private final SweepMetrics sweeps;
    private final AtomicBoolean leading = new AtomicBoolean();

    OperatorMetrics(MeterRegistry registry) {
        pools = new PoolMetrics(registry);
        sweeps = new SweepMetrics(registry);
        Gauge.builder("sandpool.operator.leader", leading, on -> on.get() ? 1 : 0)
                .description("1 in the operator that leads")
                .register(registry);
    }

    PoolMetrics pools() {
        return pools;
    }

    SweepMetrics sweeps() {
        return sweeps;
    }

    void leads(boolean now) {
        leading.set(now);
    }
}
