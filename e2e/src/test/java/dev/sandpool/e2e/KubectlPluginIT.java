package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.PoolLabels;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code kubectl sandpool} on the pool {@code playground}. */
class KubectlPluginIT {
    private static final String SCRIPT = "#!/bin/sh\nprintf '%s|' \"$@\"\necho to-stderr >&2\nexit 3\n";

    private final Cluster cluster = new Cluster();

    @BeforeEach
    void warm() {
        cluster.awaitWarm(1);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void statusTellsOfPoolAndRunner() {
        KubectlPlugin.Said said = sandpool("", "status", Cluster.POOL);

        assertThat(said.exitCode()).as(said.errors()).isZero();
        assertThat(said.output())
                .containsPattern("(?m)^sandpool +playground +1/1 +\\d+ +\\d+ +\\d+ +\\d+ +[1-9]\\d* +[0-9a-f]+$")
                .contains(cluster.runner().getMetadata().getName())
                .doesNotContain("<no value>", "%!");
        assertThat(sandpool("", "status", "nobody").errors())
                .isEqualTo("kubectl sandpool: there is no pool nobody in the namespace sandpool\n");
    }

    @Test
    void runReturnsStreamsAndExitCodeAndPassesArguments() {
        KubectlPlugin.Said said = sandpool(SCRIPT, "run", "-", "--", "a b", "--pool", "", "Größe");

        assertThat(said).isEqualTo(new KubectlPlugin.Said(3, "a b|--pool||Größe|", "to-stderr\n"));
        KubectlPlugin.Said refused = sandpool("", "run", "--pool", "nobody", "-");
        assertThat(refused.exitCode()).isEqualTo(125);
        assertThat(refused.errors()).contains("HTTP 404").contains("\"nobody\"");
    }

    @Test
    void topTellsOfTheRunner() {
        KubectlPlugin.Said said = sandpool("", "top");

        assertThat(said.exitCode()).as(said.errors()).isZero();
        assertThat(said.output()).contains(cluster.runner().getMetadata().getName());
    }

    @Test
    void theSweepListsAPodThatNobodyMadeAndNoneOfThePool() {
        scaleOperator(0); // which would be faster
        Pod leaked = cluster.client().resource(abandoned()).create();
        try {
            Cluster.patiently()
                    .until(() -> sandpool("", "sweep", "--dry-run").output(), said -> said.contains("by-hand"));

            assertThat(sandpool("", "sweep", "--dry-run").output())
                    .containsPattern("(?m)^sandpool +by-hand +nobody +\\d+s +PoolGone +there is no pool nobody$")
                    .doesNotContain(" playground ");
            assertThat(cluster.exists(leaked)).isTrue();
        } finally {
            cluster.client().resource(leaked).withGracePeriod(0).delete();
            scaleOperator(2);
        }
    }

    private void scaleOperator(int replicas) {
        var deployment = cluster.client()
                .apps()
                .deployments()
                .inNamespace(Cluster.SYSTEM_NAMESPACE)
                .withName("sandpool-operator");
        deployment.scale(replicas);
        Cluster.patiently()
                .until(() -> cluster.operators().size() == replicas
                        && Objects.requireNonNullElse(
                                        deployment.get().getStatus().getReadyReplicas(), 0)
                                == replicas);
    }

    /** No node has this label, so it waits for ever. */
    private static Pod abandoned() {
        return new PodBuilder()
                .withNewMetadata()
                .withName("by-hand")
                .withNamespace(Cluster.NAMESPACE)
                .addToLabels(PoolLabels.MANAGED_BY, PoolLabels.MANAGED_BY_SANDPOOL)
                .addToLabels(PoolLabels.ROLE, PoolLabels.ROLE_SANDBOX)
                .addToLabels(PoolLabels.POOL, "nobody")
                .endMetadata()
                .withNewSpec()
                .addToNodeSelector("sandpool.dev/no-such-node", "true")
                .withNewSecurityContext()
                .withRunAsNonRoot(true)
                .withRunAsUser(65532L)
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .endSecurityContext()
                .addNewContainer()
                .withName("contained")
                .withImage("localhost/none")
                .withNewSecurityContext()
                .withAllowPrivilegeEscalation(false)
                .withNewCapabilities()
                .addToDrop("ALL")
                .endCapabilities()
                .endSecurityContext()
                .endContainer()
                .endSpec()
                .build();
    }

    @Test
    void theDoctorFindsNothingThatFails() {
        KubectlPlugin.Said said = sandpool("", "doctor");

        assertThat(said.exitCode()).as(said.output() + said.errors()).isZero();
        assertThat(said.output())
                .doesNotContain("FAIL")
                .containsPattern("(?m)^ok +gVisor +Linux version .*gvisor")
                .containsPattern("(?m)^ok +isolation ")
                .containsPattern("(?m)^ok +runner's rights ");
    }

    private static KubectlPlugin.Said sandpool(String input, String command, String... words) {
        return KubectlPlugin.onCluster(
                input,
                Stream.concat(Stream.of(command, "-n", Cluster.NAMESPACE), Stream.of(words))
                        .toArray(String[]::new));
    }
}
