package dev.sandpool.operator.cluster;

/**
 * An event about a pool that a person should see once.
 *
 * @param reason one word, for filters
 * @param note a sentence
 */
public record PoolEvent(Type type, String reason, String action, String note) {
    /** The types of Kubernetes. */
    enum Type {
        Normal,
        Warning
    }

    public static PoolEvent normal(String reason, String action, String note) {
        return new PoolEvent(Type.Normal, reason, action, note);
    }

    public static PoolEvent warning(String reason, String action, String note) {
        return new PoolEvent(Type.Warning, reason, action, note);
    }
}
