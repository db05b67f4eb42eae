package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Start;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LimitsIT {
    private static final int MIB = 1 << 20;
    // Deadlines count from START: in this time a program starts on a machine that does much else.
    private static final Duration TO_START = Duration.ofSeconds(2);

    private static Contained.Ran run(RunOf run) throws IOException {
        try (Contained contained = Contained.warm()) {
            return contained.run(run);
        }
    }

    @Test
    void aProgramThatObeysTheInterruptHasTimedOutAllTheSame() throws IOException {
        Contained.Ran ran = run(RunOf.c("obey").deadlines(TO_START, Duration.ofSeconds(20)));

        assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.TIMED_OUT);
        assertThat(ran.exit().exitCode()).isZero();
        assertThat(ran.out()).isEqualTo("waiting\ninterrupted\n");
        assertThat(ran.exit().usage().wall()).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void aProgramThatDoesNotIsKilledAndWhatItWroteIsKept() throws IOException {
        Contained.Ran ran = run(RunOf.c("obey").arguments("not").deadlines(TO_START, TO_START.multipliedBy(2)));

        assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.TIMED_OUT);
        assertThat(ran.out()).isEqualTo("waiting\n");
        assertThat(ran.exit().usage().wall()).isBetween(TO_START, Duration.ofSeconds(10));
    }

    @Test
    void theUploadIsInsideTheDeadline() throws IOException {
        try (Contained contained = Contained.warm()) {
            RunOf run = RunOf.c("hello").deadlines(Duration.ofMillis(100), Duration.ofMillis(200));
            contained.send(run.start(), new Frame.Program(Bytes.utf8("the beginning of a program")));

            Contained.Ran ran = contained.finish();

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.TIMED_OUT);
            assertThat(ran.started()).isFalse();
            assertThat(ran.exit().usage()).isEqualTo(Exit.Usage.NONE);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "2"})
    void aFloodEndsTheRunAtTheLimit(String descriptor) throws IOException {
        Contained.Ran ran = run(RunOf.c("flood").arguments(descriptor).outputBytes(10 * MIB));

        assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.OUTPUT_LIMIT);
        assertThat((descriptor.equals("1") ? ran.stdout() : ran.stderr()).size())
                .isEqualTo(10 * MIB);
        assertThat(descriptor.equals("1") ? ran.stderr() : ran.stdout()).isEqualTo(Bytes.EMPTY);
    }

    @Test
    void theLimitIsOneOfWhatWasWrittenAndNotOfWhatThatBecameCompressed() throws IOException {
        Contained.Ran ran =
                run(RunOf.c("flood").arguments("1").outputBytes(10 * MIB).zstd());

        assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.OUTPUT_LIMIT);
        assertThat(ran.stdout().size()).isEqualTo(10 * MIB);
    }

    @ParameterizedTest
    @CsvSource({"0, 0, EXITED", "0, 1, OUTPUT_LIMIT", "1000, 1000, EXITED", "1000, 1001, OUTPUT_LIMIT"})
    void oneByteMoreThanTheLimitIsTooMuch(long limit, String written, ExitOutcome outcome) throws IOException {
        Contained.Ran ran = run(RunOf.c("flood").arguments("1", written).outputBytes(limit));

        assertThat(ran.exit().outcome()).isEqualTo(outcome);
        assertThat(ran.stdout().size()).isEqualTo((int) limit);
    }

    @Test
    void eachStreamHasTheLimitForItself() throws IOException {
        Contained.Ran ran = run(RunOf.script("head -c 1000 /dev/zero", "head -c 1000 /dev/zero >&2")
                .outputBytes(1000));

        assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
    }

    @ParameterizedTest
    @CsvSource({"LINUX, private", "LINUX, shared", "LINUX, unwatched", "GVISOR, private", "GVISOR, unwatched"})
    void aMemoryHogIsKilled(Place place, String kind) throws IOException {
        try (Contained contained = place.isolated()) {
            Contained.Ran ran =
                    contained.run(RunOf.c("memory").arguments(kind, "900").memoryBytes(100 * MIB));

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.OUT_OF_MEMORY);
            assertThat(ran.exit().usage().peakMemoryBytes()).isBetween(100L * MIB, 300L * MIB);
            assertThat(ran.out()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void memoryBelowTheLimitIsLeftAloneAndAllOfItIsTold(Place place) throws IOException {
        try (Contained contained = place.isolated()) {
            Contained.Ran ran =
                    contained.run(RunOf.c("memory").arguments("private", "80").memoryBytes(100 * MIB));

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
            assertThat(ran.exit().usage().peakMemoryBytes()).isBetween(80L * MIB, 100L * MIB);
        }
    }

    /** Short, and long enough to be looked at. */
    @ParameterizedTest
    @CsvSource({"LINUX, 1", "LINUX, 100", "GVISOR, 1", "GVISOR, 100"})
    void ofASmallProgramTheMemoryIsToldToo(Place place, String millis) throws IOException {
        try (Contained contained = place.isolated()) {
            Contained.Ran ran = contained.run(RunOf.c("spend").arguments("sleep", millis));

            assertThat(ran.exit().usage().peakMemoryBytes()).isBetween(16L << 10, 64L * MIB);
        }
    }

    @Test
    void aForkDoesNotDoubleTheMemoryOfItsParent() throws IOException {
        Contained.Ran ran = run(RunOf.c("memory").arguments("forked", "60").memoryBytes(100 * MIB));

        assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
    }

    @Test
    void filesAreNotMemory() throws IOException {
        Contained.Ran ran = run(RunOf.c("memory").arguments("file", "50").memoryBytes(20 * MIB));

        assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
        assertThat(ran.out()).isEqualTo("done\n");
    }

    @Test
    void withoutAMemoryLimitNothingIsWatched() throws IOException {
        Contained.Ran ran = run(RunOf.c("memory").arguments("private", "150").memoryBytes(0));

        assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
    }

    @Test
    void aFileEndsAtItsLimit() throws IOException {
        Start.ResourceLimits resources = new Start.ResourceLimits(64, 1024, 10 * MIB);

        Contained.Ran ran = run(RunOf.c("memory").arguments("file", "50").resources(resources));

        assertThat(ran.exit().signal()).isEqualTo(25); // SIGXFSZ
    }

    @Test
    void allFilesTogetherHaveALimitToo() throws IOException {
        try (Contained contained = Contained.start()) {
            Isolation.assumeFull(contained.greet().facts().values());

            Contained.Ran ran = contained.run(RunOf.script(
                    "for i in 1 2 3 4 5; do head -c 50000000 /dev/zero > file$i || exit 9; done", "exit 0"));

            assertThat(ran.exit().exitCode()).isEqualTo(9);
            assertThat(ran.err()).contains("No space left");
        }
    }

    @Test
    void aForkBombIsBoundedAndNothingOfItIsLeft() throws IOException {
        try (Contained contained = Contained.start()) {
            Isolation.assumeFull(contained.greet().facts().values());
            RunOf run = RunOf.c("bomb")
                    .arguments("a-bomb-that-went-off")
                    .deadlines(Duration.ofMillis(700), Duration.ofMillis(900))
                    .resources(new Start.ResourceLimits(20, 64, MIB));
            contained.send(run.start());
            contained.sendProgram(run.program());
            contained.readUntil(Frame.Stdout.class);
            int processes = contained.descendants().size();

            Contained.Ran ran = contained.finish();

            assertThat(processes).isLessThan(30);
            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.TIMED_OUT);
            assertThat(Left.running("a-bomb-that-went-off")).isEmpty();
        }
    }
}
