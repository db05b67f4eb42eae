package dev.sandpool.operator.pool;

import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;

/**
 * Asks the API server whether a pool still exists. The pool of a reconciliation comes from a cache, so it may have been
 * deleted meanwhile, and another one made under its name. Whatever is then written for the old pool harms the new one:
 * an object gets an owner that does not exist, and is deleted; a status tells of the old pool. Not thread-safe.
 */
final class Liveness {
    /** Thrown when the pool does not exist any more. */
    static final class PoolGoneException extends RuntimeException {
        private static final long serialVersionUID = 1;

        private PoolGoneException() {
            super("the pool was deleted while it was reconciled");
        }
    }

    private final KubernetesClient client;
    private final SandboxPool pool;
    private boolean asked;

    Liveness(KubernetesClient client, SandboxPool pool) {
        this.client = client;
        this.pool = pool;
    }

    /**
     * Asks at the first call only, which is enough for one of many writes that follow each other.
     *
     * @throws PoolGoneException if the pool did not exist any more
     * @throws KubernetesClientException if the API server did not answer
     */
    void checkOnce() {
        if (!asked) {
            check();
        }
    }

    /**
     * Asks at each call.
     *
     * @throws PoolGoneException if the pool does not exist any more
     * @throws KubernetesClientException if the API server does not answer
     */
    void check() {
        SandboxPool now = client.resource(pool).get();
        if (now == null
                || !now.getMetadata().getUid().equals(pool.getMetadata().getUid())
                || now.getMetadata().getDeletionTimestamp() != null) {
            throw new PoolGoneException();
        }
        asked = true;
    }

    /** Asks, and returns false also if the API server does not answer: then nothing can be written either. */
    boolean isAlive() {
        try {
            check();
            return true;
        } catch (PoolGoneException | KubernetesClientException e) {
            return false;
        }
    }
}
