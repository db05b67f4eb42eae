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

/** The results of sweeps until the pools' status reports them. Thread-safe. */
public final class Leaks {
    private final SimpleInboundEventSource<SandboxPool> news = new SimpleInboundEventSource<>("Leaks");
    private final Map<ResourceID, Long> uncounted = new ConcurrentHashMap<>();
    private final AtomicReference<Map<ResourceID, List<String>>> stuck = new AtomicReference<>(Map.of());
    private volatile Supplier<Stream<SandboxPool>> pools = Stream::empty;

    public void watch(Supplier<Stream<SandboxPool>> all) {
        pools = all;
    }

    /** Returns all pools, as the reconciler knows them. */
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

    /** Replaces the stuck sandboxes by those of the latest sweep. */
    void stuck(Map<ResourceID, List<String>> now) {
        // In one step: a reconciliation in between would report that there is no problem.
        Map<ResourceID, List<String>> before = stuck.getAndSet(Map.copyOf(now));
        Stream.concat(before.keySet().stream(), now.keySet().stream())
                .distinct()
                .filter(pool -> !before.getOrDefault(pool, List.of()).equals(now.getOrDefault(pool, List.of())))
                .forEach(this::lookAt);
    }

    /** Returns the number of deleted sandboxes that the pool's status has not counted yet. */
    public long uncounted(ResourceID pool) {
        return uncounted.getOrDefault(pool, 0L);
    }

    /** Returns the names of the pool's stuck sandboxes. */
    public List<String> stuck(ResourceID pool) {
        return stuck.get().getOrDefault(pool, List.of());
    }

    /** Notes that the status has counted {@code count} of them. */
    public void counted(ResourceID pool, long count) {
        uncounted.computeIfPresent(pool, (_, waiting) -> waiting <= count ? null : waiting - count);
    }
}
