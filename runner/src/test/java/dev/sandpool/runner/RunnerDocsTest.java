package dev.sandpool.runner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.config.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the documentation says of the runner is made from it. */
class RunnerDocsTest {
    private static final Path SETTINGS = Path.of("..", "docs", "settings-runner.md");
    /** Of which the end-to-end module makes a page. */
    private static final Path METRICS = Path.of("src", "test", "resources", "dev", "sandpool", "runner", "metrics.txt");

    @Test
    void thePageOfSettingsIsTheSettings() throws IOException {
        assertFile(
                SETTINGS,
                Arrays.stream(Setting.values())
                        .map(setting -> "| `%s` | `%s` | %s | %s |\n"
                                .formatted(
                                        setting.variable(),
                                        setting.flag(),
                                        setting.defaultText().isEmpty() ? "" : "`" + setting.defaultText() + "`",
                                        setting.meaning().replace("|", "\\|")))
                        .collect(Collectors.joining("", """
                        <!-- Made by "make docs" from Setting. A test compares. -->
                        # Settings of the runner

                        The runner takes them from its environment or as flags (`SANDPOOL_RUN_TIMEOUT=5s` or `--run-timeout=5s`). If both are
                        set, it uses the flag. At start it prints the values in use. It refuses other variables that begin with `SANDPOOL_`. `--help` prints the
                        same table.

                        Settings marked `local` are for a runner without a cluster. In a cluster the [SandboxPool](reference.md) has fields for them. The operator
                        sets those marked `kubernetes`.

                        | variable | flag | default | meaning |
                        | --- | --- | --- | --- |
                        """, "")));
    }

    @Test
    void theListOfMetricsIsThatOfARunner() throws IOException {
        try (var server = new RunningServer(new FakeSandboxes(FakeSandboxes.printing("", 0)))) {
            assertFile(METRICS, withoutValues(server.registry.scrape()));
        }
    }

    /** Every series, without the buckets of histograms. */
    private static String withoutValues(String scrape) {
        return scrape.lines()
                .filter(line -> !line.contains("le=\""))
                .map(line -> line.startsWith("#") ? line : line.substring(0, line.lastIndexOf(' ')))
                .sorted()
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private static void assertFile(Path file, String fresh) throws IOException {
        if (Boolean.getBoolean("sandpool.docs.write")) {
            Files.writeString(file, fresh);
        }
        assertThat(Files.readString(file)).as("run: make docs").isEqualTo(fresh);
    }
}
