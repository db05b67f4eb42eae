package dev.sandpool.operator.objects;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.operator.Samples;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The time that a runner has for its last runs and their files. */
class DrainTimeTest {
    @ParameterizedTest
    @CsvSource({"5s, 60s", "51s, 60s", "52s, 120s", "56s, 120s"})
    void theFilesOfTheLastRunCanCome(String runTimeout, String drain) {
        var runner = Runners.deployment(
                        Samples.pool("limits: {runTimeout: " + runTimeout + "}"),
                        "registry.example/runner:1",
                        "uid-of-the-account")
                .getSpec()
                .getTemplate()
                .getSpec();

        assertThat(runner.getContainers().getFirst().getEnv())
                .filteredOn(variable -> variable.getName().equals("SANDPOOL_DRAIN_TIMEOUT"))
                .singleElement()
                .satisfies(variable -> assertThat(variable.getValue()).isEqualTo(drain));
    }
}
