package dev.sandpool.operator;

import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.api.model.HasMetadata;
import org.jspecify.annotations.Nullable;

/** Whose an object is: applying ours over another's of the same name would take it away from them. */
final class Ownership {
    /** An object of that name is somebody else's. */
    static final class ForeignObjectException extends RuntimeException {
        private static final long serialVersionUID = 1;

        private ForeignObjectException(String message) {
            super(message);
        }
    }

    private Ownership() {}

    /**
     * Returns if there is none by that name, or it is the pool's.
     *
     * @throws ForeignObjectException if it is another's: it stays as it is
     */
    static void check(@Nullable HasMetadata there, SandboxPool pool) {
        if (there == null
                || there.getMetadata().getOwnerReferences().stream()
                        .anyMatch(owner ->
                                owner.getUid().equals(pool.getMetadata().getUid()))) {
            return;
        }
        throw new ForeignObjectException(
                "it is there already and does not belong to this pool: delete it, or give the pool another name");
    }
}
