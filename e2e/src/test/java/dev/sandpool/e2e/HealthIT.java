package dev.sandpool.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sandpool.e2e.cluster.TestPool;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** A pool on its way into a failure and out of it, as Flux and Argo CD see it. The operator's HealthTest has every case. */
@Order(4)
class HealthIT {
    private static final Path HEALTH = Path.of("..", "manifests", "gitops", "health");
    /** Of the operator, and the time until it looks again. */
    private static final Duration UNTIL_STALLED = Duration.ofMinutes(2).plusSeconds(90);

    @BeforeAll
    static void kstatusCanBeBuilt() {
        assumeTrue(
                Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                        .anyMatch(place -> Files.isExecutable(Path.of(place, "go"))),
                "there is no go here to build kstatus with");
    }

    @Test
    void aRevisionThatNeverStartsFailsAndItsCorrectionIsNotTakenForTheFailureBefore() {
        try (TestPool pool = TestPool.made("health", "workers: 1, warm: {min: 1, max: 1}")) {
            String image = pool.now().getSpec().image();
            TestPool.patiently().until(() -> health(pool).equals("Current Healthy"));

            pool.patch("{\"image\": \"localhost/sandpool-sandbox:e2e-missing\"}");
            pool.awaitReason("Progressing", "RevisionHeld");
            assertThat(health(pool)).isEqualTo("InProgress Progressing");
            assertThat(pool.condition("Ready").getStatus()).isEqualTo("True");
            // health() starts a program, so it is not called five times a second for two minutes.
            TestPool.patiently()
                    .atMost(UNTIL_STALLED)
                    .until(() -> "True".equals(pool.condition("Stalled").getStatus()));
            TestPool.patiently().until(() -> health(pool).equals("Failed Degraded"));
            assertThat(pool.condition("Stalled").getMessage()).contains("e2e-missing");

            pool.patch("{\"image\": \"%s\"}".formatted(image));
            assertThat(health(pool)).isNotEqualTo("Failed Degraded");
            pool.awaitObserved();
            assertThat(health(pool)).isNotEqualTo("Failed Degraded");
            pool.awaitReason("Progressing", "UpToDate");
            TestPool.patiently().until(() -> health(pool).equals("Current Healthy"));
        }
    }

    /** What kstatus says and what Argo CD says. */
    private static String health(TestPool pool) {
        try {
            Process process = new ProcessBuilder(HEALTH.toString())
                    .redirectErrorStream(true)
                    .start();
            try (var stdin = process.outputWriter(UTF_8)) {
                stdin.write(Serialization.asYaml(pool.now()));
            }
            String said = new String(process.getInputStream().readAllBytes(), UTF_8);
            assertThat(process.waitFor()).as(said).isZero();
            String[] words = said.strip().lines().toList().getLast().split("\t", -1);
            return words[1] + " " + words[2];
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
