package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.e2e.cluster.Cluster;
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
