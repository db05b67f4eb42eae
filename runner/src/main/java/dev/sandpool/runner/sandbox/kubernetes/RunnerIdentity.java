package dev.sandpool.runner.sandbox.kubernetes;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.util.Optional;

/**
 * Who this runner is.
 *
 * @param pool the name of its SandboxPool
 * @param namespace of the pool, of this pod and of its sandboxes
 * @param name the pod's name, or another name that is its own and stays over restarts
 * @param uid of the pod; without it the sandboxes have no owner that the garbage collector could miss
 * @param life a random name of this process
 */
record RunnerIdentity(String pool, String namespace, String name, Optional<String> uid, String life) {
    /** Its controller too, or {@code kubectl drain} would refuse to evict the sandboxes. Not blocking: a runner's pod is never held back by them. */
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
