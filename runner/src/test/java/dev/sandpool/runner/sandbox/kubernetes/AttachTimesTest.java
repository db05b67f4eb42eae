package dev.sandpool.runner.sandbox.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AttachTimesTest {
    private final AttachTimes times = new AttachTimes();

    @Test
    void nothingIsTriedBeforeSomethingIsKnown() {
        assertThat(times.firstTry()).isEmpty();
    }

    @Test
    void theFirstTryComesBeforeTheUsualTime() {
        times.answered(Duration.ofSeconds(1));
        assertThat(times.firstTry()).contains(Duration.ofMillis(850));
    }

    @Test
    void aPodThatWaitedForItsImageDoesNotCount() {
        times.answered(Duration.ofMinutes(2));
        times.answered(Duration.ofSeconds(1));
        times.answered(Duration.ofSeconds(1));
        assertThat(times.firstTry()).contains(Duration.ofMillis(850));
    }

    @Test
    void onlyTheLastOnesCount() {
        for (int i = 0; i < 9; i++) {
            times.answered(Duration.ofSeconds(1));
        }
        for (int i = 0; i < 5; i++) {
            times.answered(Duration.ofMillis(600));
        }
        assertThat(times.firstTry()).contains(Duration.ofMillis(510));
    }
}
