package dev.sandpool.operator.cluster;

/**
 * Something that a person wants to know of a pool, once.
 *
 * @param reason one word, for those who filter by it
 * @param note a sentence
 */
public record PoolEvent(Type type, String reason, String action, String note) {
    /** As Kubernetes has them. */
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
