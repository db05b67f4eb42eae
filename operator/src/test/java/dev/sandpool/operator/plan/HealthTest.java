package dev.sandpool.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import dev.sandpool.operator.Samples;
import dev.sandpool.operator.TestingPool;
import dev.sandpool.operator.TestingRunner;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How deployment tools see pools: Flux by kstatus, Argo CD by the health check in manifests/gitops. */
class HealthTest {
    private static final Path HEALTH = Path.of("..", "manifests", "gitops", "health");
    private static final Path CRD = Path.of("..", "crds", "sandboxpools.sandpool.dev-v1.yaml");
    private static final String R = new TestingPool("").wanted();
    private static final String OLD = "0000000000";
    private static final Duration A_WHILE = PoolConditions.STALLED_AFTER;

    /** Both programs are the tools' own: the library of kstatus, and the interpreter that is in Argo CD. */
    @Test
    @Timeout(600)
    void fluxAndArgoSeePoolsAsTheyAre() throws IOException, InterruptedException {
        assumeTrue(isThere("go"), "there is no go here to build kstatus with");
        List<String> pools = pools();

        List<String> seen = health(String.join("---\n", pools))
                .lines()
                .map(line -> String.join(" ", Arrays.asList(line.split("\t")).subList(0, 3)))
                .toList();

        assertThat(seen)
                .containsExactly(
                        "new InProgress Progressing",
                        "starting InProgress Progressing",
                        "ready Current Healthy",
                        "all-busy Current Healthy",
                        "changed-and-not-seen InProgress Progressing",
                        "rolling InProgress Progressing",
                        "scaling InProgress Progressing",
                        "not-starting InProgress Progressing",
                        "not-starting-for-a-while Failed Degraded",
                        "held InProgress Progressing",
                        "held-for-a-while Failed Degraded",
                        "corrected InProgress Progressing",
                        "corrected-and-ready Current Healthy",
                        "refused InProgress Progressing",
                        "refused-for-a-while Failed Degraded",
                        "stuck-terminating Current Degraded",
                        "paused Current Suspended",
                        "without-runners InProgress Suspended");
        assertThat(seen).hasSameSizeAs(pools);
    }

    @Test
    void aPoolIsStalledWhenItHasBeenDegradedForAWhile() {
        TestingPool pool = notStarting("a");
        pool.act();
        assertThat(standing(pool.status())).isEqualTo("Reconciling ImagePull");

        pool.at(Samples.NOW.plus(A_WHILE).minusSeconds(1)).act();
        assertThat(standing(pool.status())).isEqualTo("Reconciling ImagePull");

        pool.at(Samples.NOW.plus(A_WHILE)).act();
        assertThat(standing(pool.status())).isEqualTo("Stalled ImagePull");
        pool.at(Samples.NOW.plus(A_WHILE).plusSeconds(1)).act();
        assertThat(standing(pool.status())).isEqualTo("Stalled ImagePull");
        assertThat(PoolConditions.find(pool.status().conditions(), "Stalled")
                        .orElseThrow()
                        .getLastTransitionTime())
                .isEqualTo("2026-03-01T12:02:00Z");
    }

    @Test
    void aRolloutThatTakesLongIsNotStalledAsSoonAsSomethingFails() {
        TestingPool pool = new TestingPool("").podsOf("a");
        pool.act();
        assertThat(standing(pool.status())).isEqualTo("Reconciling Scaling");

        pool.at(Samples.NOW.plus(A_WHILE.multipliedBy(2)))
                .runners(TestingRunner.well("a", R).warm(0, 0).failing(R, "ImagePull", "no"))
                .act();
        assertThat(standing(pool.status())).isEqualTo("Reconciling ImagePull");

        pool.at(Samples.NOW.plus(A_WHILE.multipliedBy(3))).act();
        assertThat(standing(pool.status())).isEqualTo("Stalled ImagePull");
    }

    @Test
    void aNewGenerationHasItsOwnTime() {
        TestingPool pool = notStarting("a");
        pool.act();
        pool.at(Samples.NOW.plus(A_WHILE)).act();
        assertThat(standing(pool.status())).startsWith("Stalled");

        pool.spec("workers: 3").act();
        assertThat(standing(pool.status())).startsWith("Reconciling");
        pool.at(Samples.NOW.plus(A_WHILE.multipliedBy(2)).minusSeconds(1)).act();
        assertThat(standing(pool.status())).startsWith("Reconciling");
        pool.at(Samples.NOW.plus(A_WHILE.multipliedBy(2))).act();
        assertThat(standing(pool.status())).startsWith("Stalled");
    }

    @Test
    void aPoolThatIsAsItsSpecSaysIsNeither() {
        TestingPool pool = ready();
        pool.act();
        assertThat(standing(pool.status())).isEmpty();

        pool.stuck("go-abc").act();
        assertThat(standing(pool.status())).as("those are of before").isEmpty();
    }

    private static String standing(SandboxPoolStatus status) {
        return status.conditions().stream()
                .filter(condition -> List.of("Reconciling", "Stalled").contains(condition.getType()))
                .peek(condition -> assertThat(condition.getStatus()).isEqualTo("True"))
                .map(condition -> condition.getType() + " " + condition.getReason())
                .map(standing -> standing.replace("SandboxesNotStartable", "ImagePull"))
                .collect(Collectors.joining());
    }

    private static List<String> pools() throws IOException {
        TestingPool changed = ready();
        changed.act();
        TestingPool corrected = held();
        toldForAWhile("", corrected);
        TestingPool paused = ready();
        paused.act();
        return List.of(
                fresh(),
                example("starting", new TestingPool("").podsOf("a")),
                example("ready", ready()),
                example(
                        "all-busy",
                        new TestingPool("")
                                .deployed(1, 1, 1)
                                .runners(TestingRunner.well("a", R).warm(0, 0).running(2))),
                yaml("changed-and-not-seen", changed.spec("workers: 3")),
                example(
                        "rolling",
                        new TestingPool("")
                                .deployed(1, 1, 1)
                                .runners(TestingRunner.well("a", OLD).of(OLD, R))),
                example(
                        "scaling",
                        new TestingPool("replicas: 2").deployed(2, 2, 1).runners(TestingRunner.well("a", R))),
                example("not-starting", notStarting("a")),
                toldForAWhile("not-starting-for-a-while", notStarting("a")),
                example("held", held()),
                toldForAWhile("held-for-a-while", held()),
                example("corrected", corrected.spec("workers: 3")),
                example("corrected-and-ready", corrected.runners(TestingRunner.well("a", corrected.wanted()))),
                example("refused", ready().refused("port is already allocated")),
                toldForAWhile("refused-for-a-while", ready().refused("port is already allocated")),
                toldForAWhile("stuck-terminating", ready().stuck("go-abc")),
                example("paused", paused.spec("paused: true")),
                example("without-runners", new TestingPool("replicas: 0").deployed(0, 0, 0)));
    }

    /** As the API server has a pool that no operator has seen: with the default of the status. */
    private static String fresh() throws IOException {
        JsonNode status = Serialization.unmarshal(Files.readString(CRD), JsonNode.class)
                .at("/spec/versions/0/schema/openAPIV3Schema/properties/status/default");
        return """
                apiVersion: sandpool.dev/v1alpha1
                kind: SandboxPool
                metadata: {name: new, namespace: team, generation: 1}
                spec: {image: example}
                status: %s
                """.formatted(status);
    }

    private static TestingPool ready() {
        return new TestingPool("").deployed(1, 1, 1).runners(TestingRunner.well("a", R));
    }

    private static TestingPool notStarting(String runner) {
        return new TestingPool("")
                .deployed(1, 1, 0)
                .runners(TestingRunner.well(runner, R).warm(0, 0).failing(R, "ImagePull", "manifest unknown"));
    }

    /** Sandboxes of the revision before serve. */
    private static TestingPool held() {
        return new TestingPool("")
                .deployed(1, 1, 1)
                .runners(TestingRunner.well("a", OLD).of(OLD, R).failing(R, "ImagePull", "manifest unknown"));
    }

    private static String example(String name, TestingPool pool) {
        pool.act();
        return yaml(name, pool);
    }

    private static String toldForAWhile(String name, TestingPool pool) {
        pool.act();
        pool.at(Samples.NOW.plus(A_WHILE)).act();
        return yaml(name, pool);
    }

    private static String yaml(String name, TestingPool pool) {
        SandboxPool seen = pool.seen().pool();
        seen.setMetadata(
                new ObjectMetaBuilder(seen.getMetadata()).withName(name).build());
        return Serialization.asYaml(seen);
    }

    private static boolean isThere(String program) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
    }

    private static String health(String objects) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(HEALTH.toString()).start();
        var errors = CompletableFuture.supplyAsync(() -> {
            try {
                return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                return e.toString();
            }
        });
        // The program reads before it writes; what it prints is less than a pipe holds.
        try (var stdin = process.outputWriter(StandardCharsets.UTF_8)) {
            stdin.write(objects);
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(errors.join()).isZero();
        return output;
    }
}
