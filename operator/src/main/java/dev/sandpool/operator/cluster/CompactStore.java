package dev.sandpool.operator.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An informer's cache that stores each object as the bytes of its JSON, and parses them at each read. The eleven
 * objects of a pool take some 200 KiB as Java objects, and 30 KiB as bytes. For one informer; thread-safe.
 */
public final class CompactStore<T extends HasMetadata> implements ItemStore<T> {
    private final Class<T> type;
    private final KubernetesSerialization serialization;
    private final Consumer<T> trim;
    private final Map<String, byte[]> items = new ConcurrentHashMap<>();

    /**
     * Creates an empty store.
     *
     * @param trim removes the unused parts of an object; event handlers see the object without them too
     */
    public CompactStore(Class<T> type, KubernetesSerialization serialization, Consumer<T> trim) {
        this.type = type;
        this.serialization = serialization;
        this.trim = trim;
    }

    @Override
    public String getKey(T item) {
        return Cache.metaNamespaceKeyFunc(item);
    }

    @Override
    public @Nullable T put(String key, T item) {
        trim.accept(item);
        return read(items.put(key, serialization.asJson(item).getBytes(UTF_8)));
    }

    @Override
    public @Nullable T remove(String key) {
        return read(items.remove(key));
    }

    @Override
    public Stream<String> keySet() {
        return items.keySet().stream();
    }

    @Override
    public Stream<T> values() {
        return items.values().stream().map(this::parsed);
    }

    @Override
    public int size() {
        return items.size();
    }

    @Override
    public @Nullable T get(String key) {
        return read(items.get(key));
    }

    private @Nullable T read(byte @Nullable [] json) {
        return json == null ? null : parsed(json);
    }

    private T parsed(byte[] json) {
        return serialization.unmarshal(new String(json, UTF_8), type);
    }
}
