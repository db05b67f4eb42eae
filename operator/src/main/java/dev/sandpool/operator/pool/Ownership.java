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

/** Whose an object is: applying ours over another's of the same name would take it away from them. */
final class Ownership {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** An object of that name is somebody else's. */
    static final class ForeignObjectException extends RuntimeException {
        private static final long serialVersionUID = 1;

        private ForeignObjectException(String message) {
            super(message);
        }
    }

    private Ownership() {}

    /**
     * Returns if there is none by that name, or it is the pool's, or it was once: what comes back from a backup, and what was left when a pool was
     * deleted without its objects, has no owner any more.
     *
     * @param desired what is to be there
     * @throws ForeignObjectException if it is another's: it stays as it is
     */
    static void check(@Nullable HasMetadata there, HasMetadata desired, SandboxPool pool) {
        if (there == null || isOwned(there.getMetadata(), pool) || wasOurs(there, desired, pool)) {
            return;
        }
        throw new ForeignObjectException(
                "it is there already and does not belong to this pool: delete it, or give the pool another name");
    }

    private static boolean isOwned(ObjectMeta there, SandboxPool pool) {
        return there.getOwnerReferences().stream()
                .anyMatch(owner -> owner.getUid().equals(pool.getMetadata().getUid()));
    }

    /** Anybody can write our labels. But who also writes as our field manager, or just what we would, means us. */
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
        // The account may have come back too, or may be yet to come, and has another uid in either case.
        if (tree.at("/spec/template/metadata/annotations") instanceof ObjectNode annotations) {
            annotations.remove(List.of(Runners.ACCOUNT_UID));
        }
        return tree;
    }

    private static ObjectNode tree(HasMetadata object) {
        return JSON.valueToTree(object);
    }

    /** Whether it says all of that. What API servers add to objects is more than that, but adds nothing to a list. */
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
