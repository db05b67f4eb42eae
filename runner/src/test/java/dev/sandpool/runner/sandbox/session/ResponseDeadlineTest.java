package dev.sandpool.runner.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.RecordedOutput;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResponseDeadlineTest {
    private static ResponseDeadline after(Duration left, Duration timeToAnswer) {
        return new ResponseDeadline(Deadline.in(left), new RecordedOutput() {
            @Override
            public Duration timeToAnswer() {
                return timeToAnswer;
            }
        });
    }

    // The margins are minutes, so that no pause of the machine decides.
    @ParameterizedTest
    @CsvSource({"PT60M, PT0S, false", "PT60M, PT30M, false", "PT60M, PT60M, true", "PT0S, PT0S, true"})
    void outputIsTheAnswerWhenTheRestOfTheTimeIsNeededToPassItOn(
            Duration left, Duration timeToAnswer, boolean isTimeUp) {
        assertThat(after(left, timeToAnswer).isUpAfterOutput()).isEqualTo(isTimeUp);
    }

    @Test
    void exitOfAProgramThatPrintsLittleIsWaitedForToTheEnd() {
        ResponseDeadline time = after(Duration.ofMinutes(60), Duration.ofMillis(150));

        assertThat(time.isUpAfterOutput()).isFalse();
        assertThat(time.waitsForExit()).isTrue();
        assertThat(time.latestExit().left()).isGreaterThan(Duration.ofMinutes(30));
    }

    @Test
    void exitIsNotWaitedForWhenItWouldTakeTheTimeThatIsNeededToPassOnWhatCame() {
        ResponseDeadline time = after(Duration.ofMinutes(60), Duration.ofMinutes(60));

        assertThat(time.waitsForExit()).isFalse();
        assertThat(time.latestExit().isOver()).isTrue();
    }

    @Test
    void norWhenItIsBehindOutputThatStillComesAfterTheInterrupt() {
        ResponseDeadline time = after(Duration.ofMillis(100), Duration.ZERO);
        assertThat(time.waitsForExit()).isTrue();

        time.isUpAfterOutput();

        assertThat(time.waitsForExit()).isFalse();
        assertThat(time.latestExit().isOver()).isTrue();
    }
}
