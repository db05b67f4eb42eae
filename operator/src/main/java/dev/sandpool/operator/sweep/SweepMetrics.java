package dev.sandpool.operator.sweep;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The metrics of the sweep. Label values come from closed sets, and all series exist from the start. */
public final class SweepMetrics {
    private final Map<SweepVerdict.Reason, Counter> swept = new EnumMap<>(SweepVerdict.Reason.class);
    private final AtomicInteger unwanted = new AtomicInteger();
    private final AtomicInteger stuck = new AtomicInteger();
    private final AtomicLong lastSweep = new AtomicLong();
    private final Timer sweeps;

    public SweepMetrics(MeterRegistry registry) {
        for (SweepVerdict.Reason reason : SweepVerdict.Reason.values()) {
            swept.put(
                    reason,
                    Counter.builder("sandpool.sandboxes.swept")
                            .description("leaked sandboxes that were deleted, by reason")
                            .tag("reason", reason.label())
                            .register(registry));
        }
        Gauge.builder("sandpool.unwanted.sandboxes", unwanted, AtomicInteger::get)
                .description("leaked sandboxes that the last sweep found")
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
    }

    void timeSweep(Runnable sweep) {
        sweeps.record(sweep);
    }

    public void deleted(SweepVerdict.Reason reason) {
        Counter counter = swept.get(reason);
        if (counter != null) {
            counter.increment();
        }
    }

    public void swept(Instant now, int found, int stuckNow) {
        lastSweep.set(now.getEpochSecond());
        unwanted.set(found);
        stuck.set(stuckNow);
    }
}
