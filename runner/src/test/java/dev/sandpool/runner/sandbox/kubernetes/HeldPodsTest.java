package dev.sandpool.runner.sandbox.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes.WarmSandbox;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pods that wait for a node or for their image between two starts. */
@Order(1)
@Timeout(30)
class HeldPodsTest extends KubernetesSandboxesFixture {
    // No pod here starts before it is told to. Its status is known from its creation on, however late the watch is.
    private static final Duration TOO_SHORT = Duration.ofMillis(100);

    HeldPodsTest() {
        cluster.fateIsKnownAtOnce = true;
    }

    static Stream<PodStatus> whatAnotherPodWouldWaitForToo() {
        return Stream.of(PodVerdictTest.UNSCHEDULED, PodVerdictTest.AWAITS_IMAGE);
    }

    @ParameterizedTest
    @MethodSource("whatAnotherPodWouldWaitForToo")
    void aPodThatWaitsForANodeOrItsImageIsTakenUpByTheNextStart(PodStatus status) throws Exception {
        cluster.fate = pod -> status;
        assertThatThrownBy(() -> start(TOO_SHORT)).hasMessageContaining("not running in time");
        Pod held = cluster.pods().getFirst();
        assertThatThrownBy(() -> start(TOO_SHORT)).hasMessageContaining("not running in time");
        assertThat(cluster.pods())
                .singleElement()
                .extracting(pod -> pod.getMetadata().getUid())
                .isEqualTo(held.getMetadata().getUid());

        cluster.update(held, FakeCluster.RUNNING);
        try (WarmSandbox sandbox = start()) {
            assertThat(sandbox.name()).isEqualTo(held.getMetadata().getName());
        }
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    }

    @Test
    void aHeldPodThatIsLeftGoesAtTheEnd() throws Exception {
        cluster.fate = pod -> PodVerdictTest.UNSCHEDULED;
        assertStartFails(TOO_SHORT, Reason.UNSCHEDULABLE, "Insufficient memory");
        assertThat(cluster.pods()).hasSize(1);
        sandboxes.close();
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    }

    @Test
    void aHeldPodGoesAtOnceWhenItsRevisionIsNotWantedAnyMore() throws Exception {
        cluster.fate = pod -> PodVerdictTest.UNSCHEDULED;
        sandboxes.want(Set.of("r1", "r2"));
        assertStartFails(TOO_SHORT, Reason.UNSCHEDULABLE, "Insufficient memory");
        sandboxes.want(Set.of("r1"));
        assertThat(cluster.pods()).hasSize(1);

        sandboxes.want(Set.of("r2"));
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());

        assertStartFails(TOO_SHORT, Reason.UNSCHEDULABLE, "Insufficient memory");
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    }
}
