package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Hello;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ResetIT {
    private static final long MIB = 1 << 20;

    /** A run, and how it ends. */
    record Ending(ExitOutcome outcome, RunOf run) {}

    private static List<Ending> endings() {
        RunOf deaf = RunOf.c("obey").arguments("not").deadlines(Duration.ofMillis(50), Duration.ofMillis(100));
        RunOf bomb = RunOf.c("bomb").deadlines(Duration.ofMillis(200), Duration.ofMillis(400));
        RunOf hog = RunOf.c("memory").arguments("private", "900").memoryBytes(50 * MIB);
        RunOf spender = RunOf.c("work").arguments("5000").cpu(Duration.ofMillis(100));
        return List.of(
                new Ending(ExitOutcome.EXITED, RunOf.c("hello")),
                new Ending(ExitOutcome.SIGNALLED, RunOf.c("die").arguments("signal", "11")),
                new Ending(ExitOutcome.TIMED_OUT, deaf),
                new Ending(ExitOutcome.CPU_TIME_EXCEEDED, spender),
                new Ending(
                        ExitOutcome.OUTPUT_LIMIT,
                        RunOf.c("flood").arguments("1").outputBytes(MIB)),
                new Ending(ExitOutcome.OUT_OF_MEMORY, hog),
                new Ending(ExitOutcome.FAILED_TO_START, RunOf.program(new byte[] {1, 2, 3})),
                new Ending(ExitOutcome.TIMED_OUT, bomb));
    }

    @ParameterizedTest
    @EnumSource
    void aSandboxGreetsAgainAfterEachRun(Place place) throws IOException {
        try (Contained contained = place.start()) {
            Map<String, String> first = contained.greet().facts().values();
            Isolation.assumeFull(first);
            int runs = 0;
            for (Ending ending : endings()) {
                Contained.Ran ran = contained.runReusable(ending.run());
                Map<String, String> facts = new HashMap<>(contained.greetedAgain());

                assertThat(ran.exit().outcome()).isEqualTo(ending.outcome());
                assertThat(facts.remove(Facts.RUNS)).isEqualTo(String.valueOf(++runs));
                facts.put(Facts.RUNS, "0");
                assertThat(facts).isEqualTo(first);
            }
            assertThat(contained.run(RunOf.c("hello")).status()).isZero(); // the last, which does not ask for another
        }
    }

    @Test
    void aRunThatIsKilledMayBeFollowed() throws IOException {
        try (Contained contained = Place.LINUX.isolated()) {
            RunOf run = RunOf.c("obey").arguments("not").reuse();
            contained.send(run.start());
            contained.sendProgram(run.program());
            contained.readUntil(Frame.Stdout.class);
            contained.send(new Frame.Kill());

            assertThat(contained.finishReusable().exit().outcome()).isEqualTo(ExitOutcome.KILLED);
            assertThat(contained.greetedAgain()).containsEntry(Facts.RUNS, "1");
        }
    }

    @Test
    void whatComesTooLateForARunIsDropped() throws IOException {
        try (Contained contained = Place.LINUX.isolated()) {
            RunOf run = RunOf.c("hello").reuse();
            contained.send(run.start());
            contained.sendProgram(run.program());
            contained.finishReusable();
            contained.send(
                    new Frame.Stdin(Bytes.utf8("late")),
                    new Frame.Signal(15),
                    new Frame.StdinEnd(),
                    new Frame.File(false, "late"),
                    new Frame.Ping(Bytes.EMPTY));
            contained.greetedAgain();

            assertThat(contained.read()).isEqualTo(new Frame.Pong(Bytes.EMPTY));
            assertThat(contained.run(RunOf.script("ls", "cat")).out()).isEqualTo("play\n");
        }
    }

    @Test
    void theNextStartMayBeSentAtOnce() throws IOException {
        try (Contained contained = Place.LINUX.isolated()) {
            contained.runReusable(RunOf.c("hello"));
            RunOf next = RunOf.c("hello");
            contained.send(next.start(), new Frame.StdinEnd());
            contained.sendProgram(next.program());

            assertThat(contained.read()).isInstanceOf(Hello.class);
            assertThat(contained.finish().out()).isEqualTo("Hello, sandbox\n");
        }
    }

    @Test
    void nothingOfARunCountsForTheNext() throws IOException {
        RunOf run = RunOf.c("echo").fileBytes(1).outputBytes(6).reuse();
        try (Contained contained = Place.LINUX.isolated()) {
            for (int i = 0; i < 3; i++) {
                contained.send(
                        run.start(),
                        new Frame.File(false, "the-same"),
                        new Frame.FileData(Bytes.utf8("x")),
                        new Frame.Stdin(Bytes.utf8("echo")),
                        new Frame.StdinEnd());
                contained.sendProgram(run.program());
                Contained.Ran ran = contained.finishReusable();
                contained.greetedAgain();

                assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
                assertThat(ran.out()).isEqualTo("echo");
            }
        }
    }

    @Test
    void neverAfterAProtocolError() throws IOException {
        try (Contained contained = Place.LINUX.isolated()) {
            contained.send(
                    RunOf.c("hello").reuse().start(), RunOf.c("hello").reuse().start());

            Contained.Ran ran = contained.finish();
            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.PROTOCOL_ERROR);
            assertThat(ran.status()).isEqualTo(1);
        }
    }

    @Test
    void notWithoutBeingAsked() throws IOException {
        try (Contained contained = Place.LINUX.isolated()) {
            assertThat(contained.run(RunOf.c("hello")).status()).isZero();
        }
    }

    /** Their files are the sandbox's, where each run can lock them. */
    @Test
    void programsWithoutFileSystemsOfTheirOwnAreNotFollowed() throws IOException {
        assumeTrue(Gvisor.whyNot().isEmpty(), Gvisor.whyNot());
        try (Contained contained = Contained.by(Gvisor.commandOfWritableRoot())) {
            contained.greet();
            Contained.Ran ran = contained.run(RunOf.c("hello").reuse());

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
            assertThat(ran.out()).isEqualTo("Hello, sandbox\n");
            assertThat(ran.others().getLast())
                    .isInstanceOfSatisfying(
                            Exit.class, exit -> assertThat(exit.message()).isEqualTo("it can serve one run only"));
            assertThat(ran.status()).isZero();
            assertThat(contained.diagnostics()).contains("not used again: ");
        }
    }

    /**
     * Pipes are nobody's memory. In gVisor they stay its own after their last reader, until its garbage is collected: that may be at once, and
     * then another run is due.
     */
    @Test
    void aSandboxWhoseKernelHoldsALotEnds() throws IOException {
        try (Contained contained = Place.GVISOR.isolated()) {
            int runs = 0;
            Frame.@Nullable Up next = null;
            do {
                Contained.Ran ran = contained.runReusable(RunOf.c("memory").arguments("pipes", "200"));

                assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
                assertThat(ran.out()).isEqualTo("done\n");
                next = contained.read();
            } while (next instanceof Hello && ++runs < 10);
            assertThat(next)
                    .as("what follows the EXIT of the last run")
                    .isInstanceOfSatisfying(
                            Exit.class,
                            exit -> assertThat(exit.message()).isEqualTo("the kernel's own memory is still in use"));
            assertThat(contained.staysUntilHangUp()).isEqualTo(1);
            assertThat(contained.diagnostics()).contains("the kernel's own memory is still in use");
        }
    }

    /** Nothing that a program can do has such an effect; so it is done from outside. */
    @Test
    void whatIsNotProvablyCleanEnds() throws Exception {
        RunOf run = RunOf.c("echo").reuse();
        try (Contained contained = Place.LINUX.isolated()) {
            contained.send(run.start());
            contained.sendProgram(run.program());
            contained.readUntil(Frame.Started.class);
            long process = contained.handle().pid();
            Process renice = new ProcessBuilder(List.of("renice", "-n", "7", "-p", String.valueOf(process)))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertThat(renice.waitFor()).isZero();
            contained.send(new Frame.StdinEnd());

            assertThat(contained.finishReusable().exit().outcome()).isEqualTo(ExitOutcome.EXITED);
            Exit last = contained.readUntil(Exit.class);
            assertThat(last.outcome()).isEqualTo(ExitOutcome.INTERNAL_ERROR);
            assertThat(last.message()).contains("nice value");
            assertThat(contained.staysUntilHangUp()).isEqualTo(1);
            assertThat(contained.diagnostics())
                    .contains("not clean after a run")
                    .contains("nice value");
        }
    }
}
