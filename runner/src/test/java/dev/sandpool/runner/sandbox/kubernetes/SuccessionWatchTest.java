package dev.sandpool.runner.sandbox.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.runner.sandbox.ManualTimer;
import dev.sandpool.runner.sandbox.Succession;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A runner that leaves, and those that come after it. */
@Timeout(60)
class SuccessionWatchTest {
    private final FakeCluster cluster = new FakeCluster();
    private final ManualTimer timer = new ManualTimer();
    private final RunnerIdentity runner =
            new RunnerIdentity("go", FakeCluster.NAMESPACE, "go-runner-0", Optional.of("runner-uid"), "life1");
    private final SuccessionWatch watch = new SuccessionWatch(runner, cluster.client(), timer);

    @AfterEach
    void close() {
        watch.close();
        cluster.close();
    }

    private void replicas(int count) {
        cluster.admin()
                .resource(Serialization.unmarshal("""
                        apiVersion: sandpool.dev/v1alpha1
                        kind: SandboxPool
                        metadata: {name: go, namespace: %s}
                        spec: {image: "localhost/sandbox:1", replicas: %d}
                        """.formatted(FakeCluster.NAMESPACE, count), SandboxPool.class))
                .createOr(resource -> resource.update());
    }

    private Pod runnerPod(String name, String ready) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(FakeCluster.NAMESPACE)
                .addToLabels(PoolLabels.POOL, "go")
                .addToLabels(PoolLabels.ROLE, PoolLabels.ROLE_RUNNER)
                .endMetadata()
                .withNewStatus()
                .addNewCondition()
                .withType("Ready")
                .withStatus(ready)
                .endCondition()
                .endStatus()
                .build();
    }

    private void add(Pod pod) {
        cluster.fate = Pod::getStatus;
        cluster.admin().resource(pod).create();
    }

    private void awaitKnown(Succession expected) {
        await().untilAsserted(() -> {
            timer.advance(SuccessionWatch.EVERY);
            assertThat(watch.known()).isEqualTo(expected);
        });
    }

    private void awaitLook() {
        int before = cluster.requests.size();
        await().until(() -> {
            timer.advance(SuccessionWatch.EVERY);
            return cluster.requests.size() > before + 1;
        });
    }

    @Test
    void untilAnotherIsReadyItIsAwaited() {
        replicas(1);
        add(runnerPod("go-runner-0", "True"));
        add(runnerPod("go-runner-1", "False"));
        watch.start();
        awaitLook();
        awaitLook();
        assertThat(watch.known()).isEqualTo(Succession.AWAITED);

        add(runnerPod("go-runner-2", "True"));

        awaitKnown(Succession.READY);
    }

    @Test
    void aPoolWithoutReplicasHasNoOther() {
        replicas(0);
        watch.start();
        awaitKnown(Succession.NONE);
        replicas(1);
        awaitKnown(Succession.AWAITED);
    }

    @Test
    void aPoolThatIsGoneHasNoOther() {
        watch.start();
        awaitKnown(Succession.NONE);
    }

    @Test
    void whoMayNotSeeThePoolAnyMoreWaitsForNobody() {
        replicas(1);
        cluster.fault = request -> FakeCluster.refusal(403, "forbidden");
        watch.start();
        awaitKnown(Succession.NONE);
    }

    @Test
    void whileTheApiServerIsAwayNothingIsKnownAnew() {
        replicas(1);
        cluster.fault = request -> FakeCluster.refusal(500, "etcd is away");
        watch.start();
        awaitLook();
        awaitLook();
        assertThat(watch.known()).isEqualTo(Succession.AWAITED);
    }
}
