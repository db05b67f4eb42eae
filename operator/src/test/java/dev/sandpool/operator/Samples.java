package dev.sandpool.operator;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import dev.sandpool.operator.objects.Installation;
import dev.sandpool.operator.objects.SandboxRevision;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.List;

/** What tests begin with. */
public final class Samples {
    public static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    public static final Installation INSTALLATION = new Installation(
            "registry.example/runner:1",
            List.of(new Installation.Address("10.96.0.1", 443), new Installation.Address("fd00::1", 6443)));

    public static final String IMAGE = "registry.example/sandbox:1";
    public static final String POOL = "go";
    public static final String NAMESPACE = "play";

    private Samples() {}

    /** A pool whose spec says that beside the image, as between braces in YAML. */
    public static SandboxPool pool(String spec) {
        return pool(IMAGE, spec);
    }

    public static SandboxPool pool(String image, String spec) {
        return Serialization.unmarshal("""
                apiVersion: sandpool.dev/v1alpha1
                kind: SandboxPool
                metadata: {name: %s, namespace: %s, uid: uid-of-the-pool, generation: 1}
                spec: {image: "%s", %s}
                """.formatted(POOL, NAMESPACE, image, spec), SandboxPool.class);
    }

    public static String revision(SandboxPool pool) {
        return SandboxRevision.of(pool).hash();
    }

    /** An empty status, with what a test needs in it. */
    public static SandboxPoolStatus status(String yaml) {
        return Serialization.unmarshal("---\n{" + yaml + "}", SandboxPoolStatus.class);
    }

    public static Pod pod(String yaml) {
        return Serialization.unmarshal("---\n" + yaml, Pod.class);
    }

    /** A sandbox past its grace period, made by life "life" of the pod "runner-1" of the pool, and running on node "node". */
    public static PodBuilder sandbox(String name) {
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

    public static PodBuilder runner(String name) {
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
