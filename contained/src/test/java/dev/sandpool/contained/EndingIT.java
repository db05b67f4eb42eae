package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Frame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EndingIT {
    /** How far a run has come. */
    enum Step {
        WARM,
        STARTED_TO_UPLOAD,
        IN_THE_MIDDLE_OF_THE_PROGRAM,
        RUNNING,
        FLOODING_A_READER_THAT_SLEEPS;

        void reach(Contained contained) throws IOException {
            RunOf run = this == FLOODING_A_READER_THAT_SLEEPS
                    ? RunOf.c("flood").arguments("1")
                    : RunOf.c("obey").arguments("not");
            if (this != WARM) {
                contained.send(run.start());
            }
            if (this == IN_THE_MIDDLE_OF_THE_PROGRAM) {
                contained.send(new Frame.Program(Bytes.view(run.program().toByteArray(), 0, 1000)));
            }
            if (this == RUNNING || this == FLOODING_A_READER_THAT_SLEEPS) {
                contained.sendProgram(run.program());
                contained.readUntil(Frame.Stdout.class);
            }
            // An answer proves that all of the above has been read.
            contained.send(new Frame.Ping(Bytes.utf8("there?")));
            contained.readUntil(Frame.Pong.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theEndOfItsInputEndsEverything(Step step) throws IOException {
        try (Contained contained = Contained.warm()) {
            step.reach(contained);
            List<ProcessHandle> processes = contained.descendants();

            contained.endInput();

            assertThat(contained.exitStatus()).isZero();
            assertThat(processes).hasSize(2).noneMatch(ProcessHandle::isAlive);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "WARM")
    void killEndsARunAtAnyMoment(Step step) throws IOException {
        try (Contained contained = Contained.warm()) {
            step.reach(contained);
            List<ProcessHandle> processes = contained.descendants();

            contained.send(new Frame.Kill());
            Contained.Ran ran = contained.finish();

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.KILLED);
            assertThat(ran.status()).isZero();
            assertThat(processes).hasSize(2).noneMatch(ProcessHandle::isAlive);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whenItIsKilledItselfNothingOutlivesIt(Step step) throws IOException {
        try (Contained contained = Contained.start()) {
            Isolation.assumeFull(contained.greet().facts().values());
            step.reach(contained);
            List<ProcessHandle> processes = contained.descendants();

            contained.handle().destroyForcibly();

            assertThat(processes).hasSize(2);
            Left.awaitNoneOf(processes);
        }
    }

    @Test
    void afterExitItStaysUntilItsRunnerHangsUp() throws IOException {
        try (Contained contained = Contained.warm()) {
            contained.send(RunOf.c("die").arguments("exit", "7").start());
            contained.sendProgram(RunOf.c("die").program());
            assertThat(contained.readUntil(Exit.class).exitCode()).isEqualTo(7);

            assertThat(contained.staysUntilHangUp()).isZero();
        }
    }

    @Test
    void anEndInsideAFrameIsAFailure() throws IOException {
        try (Contained contained = Contained.warm()) {
            contained.sendBytes((byte) 2, (byte) 0);
            contained.endInput();

            assertThat(contained.exitStatus()).isEqualTo(1);
            assertThat(contained.diagnostics()).contains("inside a frame");
        }
    }

    @Test
    void aReaderThatSleepsStopsNeitherTheDeadlineNorLosesOutput() throws IOException {
        RunOf run = RunOf.c("flood").arguments("1").deadlines(Duration.ofMillis(2000), Duration.ofMillis(2300));
        try (Contained contained = Contained.warm()) {
            contained.send(run.start());
            contained.sendProgram(run.program());
            contained.readUntil(Frame.Stdout.class);
            List<ProcessHandle> processes = contained.descendants();

            // Nothing is read until all of the program's processes are gone.
            Left.awaitNoneOf(processes);
            Contained.Ran ran = contained.finish();

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.TIMED_OUT);
            assertThat(ran.stdout().size()).isGreaterThan(1 << 17);
        }
    }

    @Test
    void pingsAreAnsweredWhileAProgramFloods() throws IOException {
        RunOf run = RunOf.c("flood").arguments("1");
        try (Contained contained = Contained.warm()) {
            contained.send(run.start());
            contained.sendProgram(run.program());
            for (int i = 0; i < 100; i++) {
                contained.send(new Frame.Ping(Bytes.utf8("ping " + i)));
                assertThat(contained.readUntil(Frame.Pong.class).bytes()).isEqualTo(Bytes.utf8("ping " + i));
            }
        }
    }

    /** Too many pings for its buffers and few enough for them and the pipes: its reading has stopped, its hearing has not. */
    @Test
    void theEndIsSeenEvenWhenNoAnswerCanBeWritten() throws IOException {
        try (Contained contained = Contained.warm()) {
            for (int i = 0; i < 3400; i++) {
                contained.send(new Frame.Ping(Bytes.view(new byte[64])));
            }
            contained.endInput();

            assertThat(contained.exitStatus()).isZero();
        }
    }

    @Test
    void aHundredThousandPingsToAReaderThatSleepsAreAllAnswered() throws Exception {
        int pings = 100_000;
        try (Contained contained = Contained.warm()) {
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < pings; i++) {
                        contained.send(new Frame.Ping(Bytes.view(new byte[64])));
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            for (int i = 0; i < pings; i++) {
                assertThat(contained.read()).isInstanceOf(Frame.Pong.class);
            }
            sender.join();
        }
    }
}
