package dev.sandpool.runner.dashboard;

import static dev.sandpool.runner.dashboard.TestRuns.exited;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.run.CompletedRun;
import org.junit.jupiter.api.Test;

class RecentRunsTest {
    private final RecentRuns recent = new RecentRuns();

    @Test
    void theNewestIsFirst() {
        recent.ended(exited("a"));
        recent.ended(exited("b"));

        assertThat(recent.latest()).extracting(CompletedRun::id).containsExactly("b", "a");
    }

    @Test
    void theOldestIsForgotten() {
        for (int i = 0; i <= RecentRuns.MOST; i++) {
            recent.ended(exited("run-" + i));
        }

        assertThat(recent.latest())
                .hasSize(RecentRuns.MOST)
                .extracting(CompletedRun::id)
                .doesNotContain("run-0");
    }
}
