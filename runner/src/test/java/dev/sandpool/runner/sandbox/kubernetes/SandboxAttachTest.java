package dev.sandpool.runner.sandbox.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes.WarmSandbox;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodTemplate;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How the runner attaches to a pod: refused, too early, too late, and with an older API server. */
@Timeout(30)
class SandboxAttachTest extends KubernetesSandboxesFixture {
    @Test
    void anAttachThatIsRefusedIsTriedAgain() throws Exception {
        AtomicInteger attaches = new AtomicInteger();
        cluster.fault = request -> request.getPath().contains("/attach") && attaches.incrementAndGet() < 3
                ? FakeCluster.refusal(500, "container not found")
                : null;
        try (WarmSandbox sandbox = start()) {
            assertThat(sandbox.name()).isNotEmpty();
        }
        assertThat(attaches).hasValueGreaterThanOrEqualTo(3); // the mock server knows v4 only, which takes one more
    }

    @Test
    void anAttachThatIsAlwaysRefusedFailsTheStart() {
        cluster.fault = request ->
                request.getPath().contains("/attach") ? FakeCluster.refusal(500, "container not found") : null;
        assertStartFails(START_TIMEOUT, Reason.ATTACH, "the attach stream was refused");
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    }

    /** One that has taught how long a container takes, and is gone; what follows is never said to run. */
    private void learnAndFallSilent() throws Exception {
        PodTemplate scheduled = FakeCluster.podTemplate("go", "r1");
        scheduled.getTemplate().getSpec().setNodeName("node");
        revision = revision(scheduled);
        start().close();
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
        cluster.fate = pod -> new PodStatus();
    }

    @Test
    void aContainerIsAttachedBeforeAnybodySaysThatItRuns() throws Exception {
        learnAndFallSilent();
        try (WarmSandbox sandbox = start()) {
            assertThat(sandbox.name()).isNotEmpty();
        }
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    }

    @Test
    void anAttachThatCameTooEarlyIsTriedAgain() throws Exception {
        learnAndFallSilent();
        AtomicInteger attaches = new AtomicInteger();
        cluster.fault = request -> request.getPath().contains("/attach") && attaches.incrementAndGet() < 3
                ? FakeCluster.refusal(400, "container contained is not running")
                : null;
        start().close();
        assertThat(attaches).hasValue(3);
    }

    @Test
    void aStreamThatEndsBeforeTheContainerRunsIsNoEndOfThePod() throws Exception {
        learnAndFallSilent();
        AtomicInteger streams = new AtomicInteger();
        cluster.contained = c -> {
            if (streams.incrementAndGet() >= 3) {
                c.greet();
                c.fallSilent();
            }
        };
        try (WarmSandbox sandbox = start()) {
            assertThat(cluster.pods())
                    .singleElement()
                    .extracting(pod -> pod.getMetadata().getName())
                    .isEqualTo(sandbox.name());
        }
        assertThat(streams).hasValue(3);
    }

    @Test
    void aContainerThatIsLateIsAttachedWhenItIsSaidToRun() throws Exception {
        learnAndFallSilent();
        AtomicInteger attaches = new AtomicInteger();
        CountDownLatch triedEnough = new CountDownLatch(6);
        cluster.fault = request -> {
            if (request.getPath().contains("/attach") && attaches.incrementAndGet() <= 6) {
                triedEnough.countDown();
                return FakeCluster.refusal(400, "container contained is not running");
            }
            return null;
        };
        Thread.ofVirtual().start(() -> {
            try {
                triedEnough.await();
                cluster.update(cluster.pods().getFirst(), FakeCluster.RUNNING);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        start().close();
        assertThat(attaches).hasValue(7);
    }

    @Test
    void anOlderServerIsSpokenToInItsOwnProtocol() throws Exception {
        cluster.fault = request -> request.getPath().contains("/attach")
                        && "v5.channel.k8s.io".equals(request.getHeader("Sec-WebSocket-Protocol"))
                ? FakeCluster.refusal(400, "unable to upgrade: unknown protocol")
                : null;
        start().close();
        start().close();
        assertThat(cluster.requests.stream().filter(request -> request.endsWith("/attach")))
                .hasSize(3);
    }
}
