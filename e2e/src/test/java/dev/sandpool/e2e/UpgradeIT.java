package dev.sandpool.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sandpool.e2e.cluster.Cluster;
import dev.sandpool.e2e.run.RunnerService;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * From an earlier version to this one while programs are run, and back. {@code make test-upgrade} builds the earlier one and says where it
 * is. Each version is deployed by its own {@code make deploy}, which returns when every runner has its image and has taken up its revision.
 */
@Isolated("takes the operator away")
class UpgradeIT {
    private static final Path THIS = Path.of("..");
    private static final Cluster CLUSTER = new Cluster();
    private static @Nullable Path previous;

    @BeforeAll
    static void theEarlierVersion() throws IOException, InterruptedException {
        String folder = System.getenv("SANDPOOL_PREVIOUS");
        assumeTrue(folder != null, "make test-upgrade says which version to come from");
        Path earlier = Path.of(Objects.requireNonNull(folder));
        previous = earlier;
        deploy(earlier);
    }

    @AfterAll
    static void asMakeDeployLeftIt() throws IOException, InterruptedException {
        if (previous != null) {
            deploy(THIS);
        }
        CLUSTER.close();
    }

    @Test
    @Timeout(1800)
    void noRunFailsOnTheWayToThisVersionNorOnTheWayBack() throws IOException, InterruptedException {
        String before = images();
        String revision = CLUSTER.pool().getStatus().revision();

        try (Load load = new Load(RunnerService.deployed(), 1)) {
            deploy(THIS);
            assertThat(images()).as("another version is there").isNotEqualTo(before);
            assertThat(load.good()).isGreaterThan(1);
            assertThat(load.bad()).isEmpty();
        }
        boolean sameShape = Objects.equals(CLUSTER.pool().getStatus().revision(), revision);

        try (Load load = new Load(RunnerService.deployed(), 1)) {
            deploy(Objects.requireNonNull(previous));
            assertThat(images()).isEqualTo(before);
            assertThat(load.good()).isGreaterThan(1);
            assertThat(load.unanswered()).isEmpty();
            // The policies of the earlier version refuse sandboxes of a later shape until its operator is there
            // (docs/upgrade.md).
            if (sameShape) {
                assertThat(load.bad()).isEmpty();
            }
        }
    }

    private static void deploy(Path version) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(version.resolve("manifests/deploy").toString())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }

    /** Of the operator and of the runners of the pool. */
    private static String images() {
        return image(Cluster.SYSTEM_NAMESPACE, "sandpool-operator") + " "
                + image(Cluster.NAMESPACE, Cluster.POOL + "-runner");
    }

    private static String image(String namespace, String deployment) {
        return CLUSTER.client()
                .apps()
                .deployments()
                .inNamespace(namespace)
                .withName(deployment)
                .require()
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getImage();
    }
}
