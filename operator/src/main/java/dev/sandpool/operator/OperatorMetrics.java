package dev.sandpool.operator;

import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** What the operator tells Prometheus. Label values come from closed sets, and all series exist from the start. */
final class OperatorMetrics {
    private final Map<SweepVerdict.Reason, Counter> swept = new EnumMap<>(SweepVerdict.Reason.class);
    private final AtomicInteger unwanted = new AtomicInteger();
    private final AtomicInteger stuck = new AtomicInteger();
    private final AtomicLong lastSweep = new AtomicLong();
    private final AtomicBoolean leading = new AtomicBoolean();
    private volatile Supplier<Stream<SandboxPool>> pools = Stream::empty;

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
        Gauge.builder("sandpool.operator.leader", leading, on -> on.get() ? 1 : 0)
                .description("1 in the operator that leads")
                .register(registry);
        pools(registry, "ready", true);
        pools(registry, "not_ready", false);
    }

    private void pools(MeterRegistry registry, String state, boolean ready) {
        Gauge.builder(
                        "sandpool.pools",
                        this,
                        self -> self.pools
                                .get()
                                .filter(pool -> isReady(pool) == ready)
                                .count())
                .description("pools by whether they are ready")
                .tag("state", state)
                .register(registry);
    }

    private static boolean isReady(SandboxPool pool) {
        SandboxPoolStatus status = pool.getStatus();
        return status != null
                && PoolConditions.find(status.conditions(), PoolConditions.READY)
                        .map(Condition::getStatus)
                        .filter("True"::equals)
                        .isPresent();
    }

    void watch(Supplier<Stream<SandboxPool>> all) {
        pools = all;
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
