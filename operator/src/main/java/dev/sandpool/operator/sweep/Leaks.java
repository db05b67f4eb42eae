package dev.sandpool.operator.sweep;

import dev.sandpool.crds.SandboxPool;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** What the sweep has found, until it is told in the pools' status. Safe for several threads. */
public final class Leaks {
    private final SimpleInboundEventSource<SandboxPool> news = new SimpleInboundEventSource<>("Leaks");
    private final Map<ResourceID, Long> uncounted = new ConcurrentHashMap<>();
    private final AtomicReference<Map<ResourceID, List<String>>> stuck = new AtomicReference<>(Map.of());
    private volatile Supplier<Stream<SandboxPool>> pools = Stream::empty;

    public void watch(Supplier<Stream<SandboxPool>> all) {
        pools = all;
    }

    /** All pools that there are, as the reconciler sees them. */
    public Stream<SandboxPool> pools() {
        return pools.get();
    }

    public EventSource<?, SandboxPool> eventSource() {
        return news;
    }

    public void lookAt(ResourceID pool) {
        news.propagateEvent(pool);
    }

    void swept(ResourceID pool) {
        uncounted.merge(pool, 1L, Long::sum);
        lookAt(pool);
    }

    /** Those of one sweep, instead of those of the one before. */
    void stuck(Map<ResourceID, List<String>> now) {
        // At once: in between, a reconciliation would tell that all is well.
        Map<ResourceID, List<String>> before = stuck.getAndSet(Map.copyOf(now));
        Stream.concat(before.keySet().stream(), now.keySet().stream())
                .distinct()
                .filter(pool -> !before.getOrDefault(pool, List.of()).equals(now.getOrDefault(pool, List.of())))
                .forEach(this::lookAt);
    }

    public long uncounted(ResourceID pool) {
        return uncounted.getOrDefault(pool, 0L);
    }

    public List<String> stuck(ResourceID pool) {
        return stuck.get().getOrDefault(pool, List.of());
    }

    /** So many are in the status now. */
    public void counted(ResourceID pool, long count) {
        uncounted.computeIfPresent(pool, (_, waiting) -> waiting <= count ? null : waiting - count);
    }
}
