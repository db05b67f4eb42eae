package dev.sandpool.runner.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RunResult;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With a clock that is moved by hand. */
class PatienceTest {
    private static final Duration QUEUE_TIMEOUT = Duration.ofSeconds(10);
    private static final ProgramRequest REQUEST = new ProgramRequest(List.of(), InputStream.nullInputStream());

    private final AtomicLong now = new AtomicLong(-5);

    private void passes(long millis) {
        now.addAndGet(Duration.ofMillis(millis).toNanos());
    }

    private Patience of(long runMillis) {
        return Patience.of(Duration.ofMillis(runMillis), now::get);
    }

    @Test
    void theWaitAndTheRunTogetherTakeNoLongerThanARun() {
        var patience = of(5000);
        assertThat(patience.wait(QUEUE_TIMEOUT)).isEqualTo(Duration.ofSeconds(4));

        passes(1500); // in the queue
        assertThat(patience.wait(QUEUE_TIMEOUT)).isEqualTo(Duration.ofMillis(2500));

        passes(500); // until a sandbox is warm
        assertThat(patience.within(REQUEST).asked().runTimeout()).hasValue(Duration.ofSeconds(3));
        assertThat(patience.forRun(Duration.ofSeconds(5))).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void nobodyWaitsWhenTooLittleOfTheTimeIsLeft() {
        var patience = of(5000);
        passes(4000);
        assertThat(patience.wait(QUEUE_TIMEOUT)).isZero();
        passes(3000);
        assertThat(patience.wait(QUEUE_TIMEOUT)).isZero();
        assertThat(patience.wait(QUEUE_TIMEOUT.minusSeconds(20))).isZero();
    }

    @ParameterizedTest
    @CsvSource({"1000, 4400", "1500, 4250", "2000, 4000", "5000, 4000", "7000, 6000", "60000, 10000"})
    void aShortRunIsWaitedForAsLongAsTheFrontendStays(long runMillis, long waitMillis) {
        assertThat(of(runMillis).wait(QUEUE_TIMEOUT)).isEqualTo(Duration.ofMillis(waitMillis));
    }

    @ParameterizedTest
    @CsvSource({"0, 2000, false", "3000, 2000, false", "3100, 1900, false", "3500, 1500, true"})
    void aShortRunHasItsWholeTimeAsLongAsItsClientStaysForIt(long waitedMillis, long runMillis, boolean cutShort) {
        var patience = of(2000);
        passes(waitedMillis);
        ProgramRequest begun = patience.within(REQUEST);

        assertThat(begun.asked().runTimeout()).hasValue(Duration.ofMillis(runMillis));
        assertThat(patience.cutShort(new RunResult.Unanswered(), begun)).isEqualTo(cutShort);
    }

    @Test
    void aShorterQueueTimeoutHolds() {
        assertThat(of(5000).wait(Duration.ofMillis(50))).isEqualTo(Duration.ofMillis(50));
    }

    @ParameterizedTest
    @CsvSource({"0, false", "499, false", "501, true", "4000, true"})
    void aTimeoutIsTheProgramsOnlyIfItHadItsTime(long waitedMillis, boolean cutShort) {
        var patience = of(5000);
        passes(waitedMillis);
        ProgramRequest begun = patience.within(REQUEST);

        assertThat(patience.cutShort(new RunResult.TimedOut(RunResult.Facts.NONE), begun))
                .isEqualTo(cutShort);
        assertThat(patience.cutShort(new RunResult.Unanswered(), begun)).isEqualTo(cutShort);
        assertThat(patience.cutShort(FakeSandboxes.EXIT_0, begun)).isFalse();
    }

    /** A second try, after a sandbox was lost, has less than its time too. */
    @Test
    void whatALostSandboxTookIsNotTheProgramsEither() {
        var patience = of(5000);
        ProgramRequest begun = patience.within(REQUEST.within(Duration.ofSeconds(3)));

        assertThat(begun.asked().runTimeout()).hasValue(Duration.ofSeconds(3));
        assertThat(patience.cutShort(new RunResult.Unanswered(), begun)).isTrue();
    }

    @Test
    void whoUsesTheOtherApiWaitsAsLongAsThePoolSays() {
        var patience = Patience.ofThePool();
        assertThat(patience.wait(QUEUE_TIMEOUT)).isEqualTo(QUEUE_TIMEOUT);
        assertThat(patience.within(REQUEST)).isSameAs(REQUEST);
        assertThat(patience.forRun(Duration.ofSeconds(5))).isEqualTo(Duration.ofSeconds(5));
        assertThat(patience.cutShort(new RunResult.Unanswered(), REQUEST.within(Duration.ofSeconds(1))))
                .isFalse();
    }
}
