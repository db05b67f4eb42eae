package dev.sandpool.operator;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.List;

/** What tests begin with. */
final class Samples {
    static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    static final Installation INSTALLATION = new Installation(
            "registry.example/runner:1",
            List.of(new Installation.Address("10.96.0.1", 443), new Installation.Address("fd00::1", 6443)));

    static final String IMAGE = "registry.example/sandbox:1";
    static final String POOL = "go";
    static final String NAMESPACE = "play";

    private Samples() {}

    /** @param spec what it says beside the image, as between braces in YAML */
    static SandboxPool pool(String spec) {
        return pool(IMAGE, spec);
    }

    static SandboxPool pool(String image, String spec) {
        return Serialization.unmarshal("""
                apiVersion: sandpool.dev/v1alpha1
                kind: SandboxPool
                metadata: {name: %s, namespace: %s, uid: uid-of-the-pool, generation: 1}
                spec: {image: "%s", %s}
                """.formatted(POOL, NAMESPACE, image, spec), SandboxPool.class);
    }

    static String revision(SandboxPool pool) {
        return SandboxRevision.of(pool).hash();
    }

    /** An empty status, with what a test needs in it. */
    static SandboxPoolStatus status(String yaml) {
        return Serialization.unmarshal("---\n{" + yaml + "}", SandboxPoolStatus.class);
    }

    static Pod pod(String yaml) {
        return Serialization.unmarshal("---\n" + yaml, Pod.class);
    }

    /** A sandbox past its grace period, made by life "life" of the pod "runner-1" of the pool, and running on node "node". */
    static PodBuilder sandbox(String name) {
        return new PodBuilder(pod("""
                apiVersion: v1
                kind: Pod
                metadata:
                  name: %s
                  namespace: %s
                  uid: uid-of-%s
                  creationTimestamp: "2026-03-01T11:50:00Z"
                  labels: {%s: sandpool, %s: %s, %s: sandbox, %s: life}
                  ownerReferences:
                    - {apiVersion: v1, kind: Pod, name: runner-1, uid: uid-of-runner-1}
                spec:
                  nodeName: node
                  activeDeadlineSeconds: 86400
                  containers:
                    - {name: contained, image: "%s"}
                status:
                  phase: Running
                """.formatted(
                        name,
                        NAMESPACE,
                        name,
                        PoolLabels.MANAGED_BY,
                        PoolLabels.POOL,
                        POOL,
                        PoolLabels.ROLE,
                        PoolLabels.RUNNER_LIFE,
                        IMAGE)));
    }

    static PodBuilder runner(String name) {
        return new PodBuilder(pod(
                """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: %s
                  namespace: %s
                  uid: uid-of-%s
                  labels: {%s: sandpool, %s: %s, %s: runner}
                spec:
                  containers:
                    - {name: runner, image: "registry.example/runner:1"}
                status:
                  phase: Running
                """.formatted(name, NAMESPACE, name, PoolLabels.MANAGED_BY, PoolLabels.POOL, POOL, PoolLabels.ROLE)));
    }
}
