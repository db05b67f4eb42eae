package dev.sandpool.runner.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.RecordedOutput;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With a clock that is moved by hand. */
class ResponseDeadlineTest {
    private final AtomicLong now = new AtomicLong(-5);

    private void passes(Duration time) {
        now.addAndGet(time.toNanos());
    }

    private ResponseDeadline in(Duration left, Duration timeToAnswer) {
        var output = new RecordedOutput() {
            @Override
            public Duration timeToAnswer() {
                return timeToAnswer;
            }
        };
        return new ResponseDeadline(new Deadline(now.get()).after(left), output, now::get);
    }

    @ParameterizedTest
    @CsvSource({
        "PT60S, PT0S, false",
        "PT60S, PT59.899999999S, false",
        "PT60S, PT59.9S, true",
        "PT0.100000001S, PT0S, false",
        "PT0.1S, PT0S, true",
        "PT0S, PT0S, true"
    })
    void outputIsTheAnswerWhenTheRestOfTheTimeIsNeededToPassItOn(
            Duration left, Duration timeToAnswer, boolean isTimeUp) {
        assertThat(in(left, timeToAnswer).isUpAfterOutput()).isEqualTo(isTimeUp);
    }

    @Test
    void exitOfAProgramThatPrintsLittleIsWaitedForToTheEnd() {
        ResponseDeadline time = in(Duration.ofSeconds(5), Duration.ofMillis(150));

        assertThat(time.isUpAfterOutput()).isFalse();
        assertThat(time.waitsForExit()).isTrue();
        assertThat(time.latestExit().left(now.get())).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void exitIsNotWaitedForWhenItWouldTakeTheTimeThatIsNeededToPassOnWhatCame() {
        ResponseDeadline time = in(Duration.ofSeconds(5), Duration.ofSeconds(2));

        assertThat(time.waitsForExit()).isFalse();
        assertThat(time.latestExit().left(now.get())).isEqualTo(Duration.ofMillis(2900));
    }

    @Test
    void norWhenItIsBehindOutputThatStillComesAfterTheInterrupt() {
        ResponseDeadline time = in(Duration.ofSeconds(5), Duration.ZERO);
        passes(Duration.ofMillis(4499));
        assertThat(time.isUpAfterOutput()).isFalse();
        assertThat(time.waitsForExit()).isTrue();

        passes(Duration.ofMillis(1));
        assertThat(time.isUpAfterOutput()).isFalse();

        assertThat(time.waitsForExit()).isFalse();
        assertThat(time.latestExit().left(now.get())).isEqualTo(Duration.ofMillis(400));
    }

    @Test
    void noFilesGoToTheClientInTheLastSecond() {
        ResponseDeadline time = in(Duration.ofSeconds(9), Duration.ZERO);
        assertThat(time.isUpForFiles()).isFalse();

        passes(Duration.ofMillis(7999));
        assertThat(time.isUpForFiles()).isFalse();

        passes(Duration.ofMillis(1));
        assertThat(time.isUpForFiles()).isTrue();

        passes(Duration.ofSeconds(2));
        assertThat(time.isUpForFiles()).isTrue();
    }
}
