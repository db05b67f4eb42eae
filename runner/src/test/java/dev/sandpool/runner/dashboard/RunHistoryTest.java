package dev.sandpool.runner.dashboard;

import static dev.sandpool.runner.dashboard.TestRuns.exited;
import static dev.sandpool.runner.dashboard.TestRuns.overloaded;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.sandbox.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunHistoryTest {
    private Instant now = Instant.ofEpochSecond(1_000_002);
    private final RunHistory history = new RunHistory(() -> now);

    @Test
    void runsOfTheSameSecondsAreCountedTogether() {
        history.ended(exited("a"));
        history.ended(overloaded("b"));
        now = now.plusSeconds(2);
        history.ended(exited("c"));

        assertThat(history.buckets()).singleElement().satisfies(bucket -> {
            assertThat(bucket.epochSecond()).isEqualTo(1_000_000);
            assertThat(bucket.runs()).isEqualTo(3);
            assertThat(bucket.outcomes()).isEqualTo(Map.of(Outcome.EXITED, 2, Outcome.OVERLOADED, 1));
            assertThat(bucket.queueMillisP50()).isPresent();
            assertThat(bucket.runMillisP50()).isPresent();
        });
    }

    @Test
    void whatNeverWaitedHasNoWait() {
        history.ended(overloaded("a"));

        assertThat(history.buckets())
                .singleElement()
                .satisfies(bucket -> assertThat(bucket.queueMillisP95()).isEmpty());
    }

    @Test
    void secondsWithoutRunsHaveNoBucket() {
        history.ended(exited("a"));
        now = now.plusSeconds(60);
        history.ended(exited("b"));

        assertThat(history.buckets())
                .extracting(RunHistory.Bucket::epochSecond)
                .containsExactly(1_000_000L, 1_000_060L);
    }

    @Test
    void whatIsLongAgoIsForgotten() {
        history.ended(exited("a"));
        now = now.plus(RunHistory.LENGTH).plus(RunHistory.BUCKET);

        assertThat(history.buckets()).isEmpty();
    }

    @Test
    void thereAreNeverMoreBucketsThanFitIntoTheTime() {
        for (int second = 0; second < 3600; second++) {
            history.ended(exited("a"));
            now = now.plusSeconds(1);
        }
        now = now.minus(Duration.ofHours(2));
        for (int second = 0; second < 3600; second++) {
            history.ended(exited("a"));
            now = now.plusSeconds(1);
        }

        assertThat(history.buckets()).hasSizeLessThanOrEqualTo(61);
    }
}
