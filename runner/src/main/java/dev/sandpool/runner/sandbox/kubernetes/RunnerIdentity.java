package dev.sandpool.runner.sandbox.kubernetes;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.util.Optional;

/**
 * The identity of this runner.
 *
 * @param pool the name of its SandboxPool
 * @param namespace the namespace of the pool, of this pod and of its sandboxes
 * @param name the name of this pod, or another unique name that survives restarts
 * @param uid the UID of this pod; without it the sandboxes have no owner, so garbage collection does not remove them
 * @param life a random name of this process
 */
record RunnerIdentity(String pool, String namespace, String name, Optional<String> uid, String life) {
    /**
     * Returns the owner reference for sandboxes. The runner is their controller too, otherwise {@code kubectl drain}
     * would refuse to evict them. It does not block the deletion of the runner's pod.
     */
    Optional<OwnerReference> asOwner() {
        return uid.map(id -> new OwnerReferenceBuilder()
                .withApiVersion("v1")
                .withKind("Pod")
                .withName(name)
                .withUid(id)
                .withController(true)
                .withBlockOwnerDeletion(false)
                .build());
    }
}
