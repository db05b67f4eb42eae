package dev.sandpool.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the documentation says of the operator is made from it. */
class OperatorDocsTest {
    private static final Path SETTINGS = Path.of("..", "docs", "settings-operator.md");
    /** Of which the end-to-end module makes a page. */
    private static final Path METRICS =
            Path.of("src", "test", "resources", "dev", "sandpool", "operator", "metrics.txt");

    @Test
    void thePageOfSettingsIsTheSettings() throws IOException {
        assertFile(
                SETTINGS,
                Arrays.stream(OperatorSetting.values())
                        .map(setting -> "| `%s` | %s | %s |\n"
                                .formatted(
                                        setting.variable(),
                                        setting.defaultText()
                                                .map(text -> text.isEmpty() ? "" : "`" + text + "`")
                                                .orElse("must be set"),
                                        setting.meaning()))
                        .collect(Collectors.joining("", """
                        <!-- Made by "make docs" from OperatorSetting. A test compares. -->
                        # Settings of the operator

                        The operator takes them from its environment, prints the values in use at its start, and refuses other variables that begin with
                        `SANDPOOL_OPERATOR_`. The manifests and the [chart](../charts/sandpool/README.md) set those that must be set.

                        | variable | default | meaning |
                        | --- | --- | --- |
                        """, "")));
    }

    @Test
    void theListOfMetricsIsThatOfAnOperator() throws IOException {
        var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        var _ = new OperatorMetrics(registry);

        assertFile(METRICS, withoutValues(registry.scrape()));
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
