package dev.sandpool.operator.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.RunnerStatus;
import dev.sandpool.operator.MockCluster;
import dev.sandpool.operator.Samples;
import dev.sandpool.operator.TestingRunner;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
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

    @Test
    void aRunnerThatOnlyTheWatchDoesNotSeeIsNotGone() {
        try (var cluster = new MockCluster()) {
            Stream.of(
                            Samples.runner("overlooked"),
                            Samples.runner("ended")
                                    .editStatus()
                                    .withPhase("Failed")
                                    .endStatus(),
                            Samples.runner("of-another-pool")
                                    .editMetadata()
                                    .addToLabels(PoolLabels.POOL, "other")
                                    .endMetadata(),
                            Samples.sandbox("no-runner"))
                    .forEach(pod -> {
                        var _ = cluster.client().resource(pod.build()).create();
                    });
            var pool = Samples.pool("");
            assertThat(RunnerEntries.overlooked(cluster.client(), pool, Set.of()))
                    .isEmpty();

            pool.setStatus(
                    Samples.status(Stream.of("seen", "overlooked", "ended", "of-another-pool", "no-runner", "gone")
                            .map(name -> "{name: " + name + "}")
                            .collect(Collectors.joining(",", "runners: [", "]"))));

            assertThat(RunnerEntries.overlooked(cluster.client(), pool, Set.of("seen")))
                    .containsExactly("overlooked");
            assertThat(cluster.paths("GET")).doesNotContain("/api/v1/namespaces/play/pods/seen");
        }
    }

    private static List<RunnerStatus> entries(String... names) {
        return Stream.of(names)
                .map(name -> TestingRunner.well(name, "r").entry())
                .toList();
    }
}
