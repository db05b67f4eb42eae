package dev.sandpool.operator.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.operator.Samples;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SeenSandboxTest {
    @Test
    void allThatCountsIsReadFromThePod() {
        SeenSandbox seen = SeenSandbox.of(Samples.sandbox("s").build());

        assertThat(seen)
                .isEqualTo(new SeenSandbox(
                        new ResourceID("s", "play"),
                        "uid-of-s",
                        new ResourceID("go", "play"),
                        Optional.of(new SeenSandbox.Owner("runner-1", "uid-of-runner-1")),
                        "life",
                        Instant.parse("2026-03-01T11:50:00Z"),
                        Optional.empty(),
                        Optional.empty(),
                        true,
                        false,
                        Optional.of("node"),
                        Optional.of(Duration.ofDays(1))));
    }

    @Test
    void aPodMadeByHandMayLackEverythingButTheLabelThatItWasFoundBy() {
        SeenSandbox seen = SeenSandbox.of(Samples.pod("""
                metadata:
                  {name: s, namespace: play, uid: u, creationTimestamp: "2026-03-01T11:50:00Z", labels: {%s: sandbox}}
                spec: {}
                """.formatted(PoolLabels.ROLE)));

        assertThat(seen.pool()).isEqualTo(new ResourceID("", "play"));
        assertThat(seen.owner()).isEmpty();
        assertThat(seen.life()).isEmpty();
        assertThat(seen.started()).isFalse();
        assertThat(seen.node()).isEmpty();
        assertThat(seen.longestLife()).isEmpty();
    }

    @Test
    void anOwnerThatIsNoPodIsNoRunner() {
        var pod = new PodBuilder(Samples.sandbox("s").build())
                .editMetadata()
                .editFirstOwnerReference()
                .withKind("ReplicaSet")
                .endOwnerReference()
                .endMetadata()
                .build();

        assertThat(SeenSandbox.of(pod).owner()).isEmpty();
    }

    @Test
    void itEndedWhenTheLastOfItsContainersDid() {
        SeenSandbox seen = SeenSandbox.of(ended("""
                phase: Failed
                containerStatuses:
                  - {state: {terminated: {finishedAt: "2026-03-01T11:55:00Z"}}}
                  - {state: {terminated: {finishedAt: "2026-03-01T11:56:00Z"}}}
                  - {state: {terminated: {}}}
                  - {name: no-state}
                """));

        assertThat(seen.ended()).contains(Instant.parse("2026-03-01T11:56:00Z"));
    }

    @Test
    void aPodThatNoContainerOfEverRanEndedWhenItBegan() {
        // Such as one that the kubelet refused.
        assertThat(SeenSandbox.of(ended("phase: Failed")).ended()).contains(Instant.parse("2026-03-01T11:50:00Z"));
    }

    @Test
    void aPendingPodHasNotStarted() {
        assertThat(SeenSandbox.of(ended("phase: Pending")).started()).isFalse();
    }

    private static Pod ended(String status) {
        return Samples.sandbox("s")
                .withStatus(Serialization.unmarshal(status, PodStatus.class))
                .build();
    }
}
