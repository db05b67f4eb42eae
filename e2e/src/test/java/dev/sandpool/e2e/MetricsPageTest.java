package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetricsPageTest {
    private static final Path FILE = Path.of("..", "docs", "metrics.md");

    @Test
    void thePageIsThatOfTheListsOfRunnerAndOperator() throws IOException {
        String fresh = MetricsPage.of(list("runner"), list("operator"));
        if (Boolean.getBoolean("sandpool.docs.write")) {
            Files.writeString(FILE, fresh);
        }

        assertThat(Files.readString(FILE)).as("run: make docs").isEqualTo(fresh);
    }

    @Test
    void everyMetricHasAMeaning() throws IOException {
        assertThat(MetricsPage.of(list("runner"), list("operator")).lines())
                .filteredOn(line -> line.startsWith("| `sandpool_"))
                .hasSizeGreaterThan(20)
                .allSatisfy(line -> assertThat(line).doesNotEndWith("|  |"));
    }

    private static List<String> list(String module) throws IOException {
        return Files.readAllLines(Path.of("..", module, "src/test/resources/dev/sandpool", module, "metrics.txt"));
    }
}
