package dev.sandpool.runner.sandbox.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.crds.SandboxPoolSpec.Isolation;
import dev.sandpool.runner.sandbox.RecordedOutput;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes.WarmSandbox;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;

/** Sandboxes in the pods of a cluster that the test scripts. */
class KubernetesSandboxesFixture {
    static final Duration START_TIMEOUT = Duration.ofSeconds(10);

    final FakeCluster cluster = new FakeCluster();
    final RecordedOutput output = new RecordedOutput();

    final RunnerIdentity runner = new RunnerIdentity(
            "go", FakeCluster.NAMESPACE, "go-runner-0", Optional.of("runner-uid"), RandomName.next());
    PodRevision revision = revision(FakeCluster.podTemplate("go", "r1"));
    final KubernetesClient client = cluster.client();
    final KubernetesSandboxes sandboxes = new KubernetesSandboxes(runner, client);

    static PodRevision revision(PodTemplate template) {
        return new PodRevision(
                "r1",
                new SandboxLimits(100 << 20, 16 << 20, 100 << 20, 1 << 20, 64, Optional.empty(), Duration.ofSeconds(5)),
                SandboxPodTemplate.of(template),
                Isolation.RuntimeClass);
    }

    WarmSandbox start() throws Exception {
        return start(START_TIMEOUT);
    }

    WarmSandbox start(Duration atMost) throws Exception {
        return sandboxes.start(revision, atMost);
    }

    @AfterEach
    void close() {
        cluster.fault = request -> null;
        sandboxes.close();
        client.close();
        cluster.close();
    }

    void assertStartFails(Duration atMost, Reason reason, String message) {
        assertThatThrownBy(() -> start(atMost))
                .isInstanceOfSatisfying(
                        SandboxStartException.class, e -> assertThat(e.reason()).isEqualTo(reason))
                .hasMessageContaining(message);
    }
}
