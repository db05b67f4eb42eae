package dev.sandpool.operator.pool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.operator.cluster.ApiServer;
import dev.sandpool.operator.objects.Runners;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Checks the owner of an object, because applying an object over another owner's one of the same name would take it
 * away.
 */
final class Ownership {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Thrown when an object of that name belongs to another owner. */
    static final class ForeignObjectException extends RuntimeException {
        private static final long serialVersionUID = 1;

        private ForeignObjectException(String message) {
            super(message);
        }
    }

    private Ownership() {}

    /**
     * Returns whether the object was the pool's and has to be taken back: it has no owner any more. Backup tools restore
     * such objects, and they stay when a pool is deleted without them. False if the object does not exist, or belongs to
     * the pool.
     *
     * @param desired the object that should exist
     * @throws ForeignObjectException if the object belongs to another owner; it stays unchanged
     */
    static boolean mustBeTakenBack(@Nullable HasMetadata there, HasMetadata desired, SandboxPool pool) {
        if (there == null || isOwned(there.getMetadata(), pool)) {
            return false;
        }
        if (wasOurs(there, desired, pool)) {
            return true;
        }
        throw new ForeignObjectException(
                "it is there already and does not belong to this pool: delete it, or give the pool another name");
    }

    private static boolean isOwned(ObjectMeta there, SandboxPool pool) {
        return there.getOwnerReferences().stream()
                .anyMatch(owner -> owner.getUid().equals(pool.getMetadata().getUid()));
    }

    /**
     * Returns whether the object was the pool's. Labels are no proof, since every client can write them. An object that
     * was also written by the operator's field manager, or equals the desired one, counts as the pool's.
     */
    private static boolean wasOurs(HasMetadata there, HasMetadata desired, SandboxPool pool) {
        ObjectMeta meta = there.getMetadata();
        Map<String, String> labels = Objects.requireNonNullElse(meta.getLabels(), Map.of());
        return meta.getOwnerReferences().isEmpty()
                && meta.getDeletionTimestamp() == null
                && PoolLabels.MANAGED_BY_SANDPOOL.equals(labels.get(PoolLabels.MANAGED_BY))
                && pool.getMetadata().getName().equals(labels.get(PoolLabels.POOL))
                && (isWrittenByUs(meta) || says(tree(there), withoutOwner(desired)));
    }

    private static boolean isWrittenByUs(ObjectMeta meta) {
        return meta.getManagedFields().stream()
                .anyMatch(entry ->
                        ApiServer.FIELD_MANAGER.equals(entry.getManager()) && "Apply".equals(entry.getOperation()));
    }

    private static JsonNode withoutOwner(HasMetadata desired) {
        ObjectNode tree = tree(desired);
        ((ObjectNode) tree.path("metadata")).remove(List.of("ownerReferences"));
        // The account may also have been restored, or may be restored later. In both cases it has another uid.
        if (tree.at("/spec/template/metadata/annotations") instanceof ObjectNode annotations) {
            annotations.remove(List.of(Runners.ACCOUNT_UID));
        }
        return tree;
    }

    private static ObjectNode tree(HasMetadata object) {
        return JSON.valueToTree(object);
    }

    /**
     * Returns whether the object contains all of the desired one. API servers add fields to objects, but no elements to
     * lists.
     */
    private static boolean says(JsonNode there, JsonNode desired) {
        if (desired.isObject()) {
            return desired.properties().stream()
                    .allMatch(field -> says(there.path(field.getKey()), field.getValue())
                            || (there.path(field.getKey()).isMissingNode() && isEmpty(field.getValue())));
        }
        if (desired.isArray()) {
            return there.size() == desired.size()
                    && IntStream.range(0, desired.size()).allMatch(i -> says(there.path(i), desired.path(i)));
        }
        return there.equals(desired);
    }

    private static boolean isEmpty(JsonNode value) {
        return value.isNull() || (value.isContainerNode() && value.isEmpty());
    }
}
