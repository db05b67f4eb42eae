package dev.sandpool.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.RunnerStatus;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RunnerEntriesTest {
    @Test
    void entriesAreRemovedFromTheEndAndEachIsCheckedBefore() {
        List<Map<String, String>> patch = RunnerEntries.patch(entries("a", "b", "c", "d"), Set.of("a", "c"));

        assertThat(patch)
                .containsExactly(
                        Map.of("op", "test", "path", "/status/runners/2/name", "value", "c"),
                        Map.of("op", "remove", "path", "/status/runners/2"),
                        Map.of("op", "test", "path", "/status/runners/0/name", "value", "a"),
                        Map.of("op", "remove", "path", "/status/runners/0"));
    }

    @Test
    void namesThatHaveNoEntryAreLeftOut() {
        assertThat(RunnerEntries.patch(entries("a"), Set.of("z"))).isEmpty();
    }

    private static List<RunnerStatus> entries(String... names) {
        return Stream.of(names)
                .map(name -> TestingRunner.well(name, "r").entry())
                .toList();
    }
}
