package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Frame;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignalIT {
    private static Contained running(Place place, RunOf run) throws IOException {
        Contained contained = place.isolated();
        contained.send(run.start());
        contained.sendProgram(run.program());
        contained.readUntil(Frame.Stdout.class);
        return contained;
    }

    @ParameterizedTest
    @EnumSource
    void theProgramGetsIt(Place place) throws IOException {
        try (Contained contained = running(place, RunOf.c("obey"))) {
            contained.send(new Frame.Signal(2));
            Contained.Ran ran = contained.finish();

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
            assertThat(ran.exit().exitCode()).isEqualTo(7);
            assertThat(ran.out()).isEqualTo("waiting\ninterrupted\n");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 9, 15, 31})
    void aProgramThatEndsByItIsSignalled(int number) throws IOException {
        try (Contained contained = running(Place.LINUX, RunOf.c("obey"))) {
            contained.send(new Frame.Signal(number));
            Contained.Ran ran = contained.finish();

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.SIGNALLED);
            assertThat(ran.exit().signal()).isEqualTo(number);
        }
    }

    @ParameterizedTest
    @EnumSource
    void soDoesItsWholeGroup(Place place) throws IOException {
        RunOf run =
                RunOf.script("(trap 'echo child; exit' TERM; echo up; while :; do sleep 0.02; done) &", "wait; wait");
        try (Contained contained = running(place, run)) {
            contained.send(new Frame.Signal(15));
            Contained.Ran ran = contained.finish();

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.SIGNALLED);
            assertThat(ran.exit().signal()).isEqualTo(15);
        }
    }

    @Test
    void withoutAProgramThatRunsItIsIgnored() throws IOException {
        RunOf run = RunOf.c("hello");
        try (Contained contained = Contained.start()) {
            contained.send(new Frame.Signal(9), new Frame.Ping(Bytes.EMPTY));
            contained.readUntil(Frame.Pong.class);
            contained.send(run.start(), new Frame.Signal(9), new Frame.StdinEnd(), new Frame.Signal(9));
            contained.sendProgram(run.program());

            assertThat(contained.finish().out()).isEqualTo("Hello, sandbox\n");
        }
    }

    /** Of SIGTERM a kubelet tells that the pod is evicted. */
    @Test
    void aRunThatGoesOnAsThePodIsEvictedEndsByItself() throws IOException {
        try (Contained contained = running(Place.LINUX, RunOf.c("obey"))) {
            contained.handle().destroy();
            contained.send(new Frame.Signal(2));

            assertThat(contained.finish().out()).isEqualTo("waiting\ninterrupted\n");
        }
    }

    /** Its runner may not have read EXIT yet. */
    @Test
    void afterExitItStaysForItsRunner() throws IOException {
        try (Contained contained = running(Place.LINUX, RunOf.c("obey"))) {
            contained.send(new Frame.Signal(2));
            contained.readUntil(Exit.class);
            contained.handle().destroy();

            assertThat(contained.staysUntilHangUp()).isZero();
        }
    }

    @Test
    void aRunThatAnotherOneShouldFollowIsTheLast() throws IOException {
        try (Contained contained = running(Place.LINUX, RunOf.c("obey").reuse())) {
            contained.handle().destroy();
            contained.send(new Frame.Signal(2));

            assertThat(contained.readUntil(Exit.class).exitCode()).isEqualTo(7);
            assertThat(contained.readUntil(Exit.class).message()).isEqualTo("it was asked to end");
            assertThat(contained.staysUntilHangUp()).isZero();
        }
    }

    @Test
    void betweenTwoRunsItStaysForItsRunner() throws IOException {
        try (Contained contained = Place.LINUX.isolated()) {
            contained.runReusable(RunOf.c("hello"));
            contained.greetedAgain();
            contained.handle().destroy();

            assertThat(contained.staysUntilHangUpBetweenRuns()).isZero();
        }
    }

    /** The kubelet waits for one run only, and has begun to. The runner begins the run again in another sandbox. */
    @Test
    void betweenTwoRunsItBeginsNoOther() throws IOException {
        RunOf run = RunOf.c("hello");
        try (Contained contained = Place.LINUX.isolated()) {
            contained.runReusable(run);
            contained.greetedAgain();
            contained.handle().destroy();
            contained.send(run.start());

            assertThat(contained.read()).isNull();
            assertThat(contained.exitStatus()).isZero();
        }
    }

    @Test
    void beforeItsFirstRunItEnds() throws IOException {
        try (Contained contained = Place.LINUX.isolated()) {
            contained.handle().destroy();

            assertThat(contained.read()).isNull();
            assertThat(contained.exitStatus()).isEqualTo(1);
        }
    }

    /** gVisor lets a program stop its process 1, which then hears nothing; contained goes on all the same. */
    @ParameterizedTest
    @EnumSource
    void aFloodOfThemBlocksNothing(Place place) throws IOException {
        try (Contained contained = running(place, RunOf.c("obey").arguments("not"))) {
            for (int i = 0; i < 20_000; i++) {
                contained.send(new Frame.Signal(2));
            }
            contained.send(new Frame.Ping(Bytes.utf8("there?")));
            contained.readUntil(Frame.Pong.class);
            contained.send(new Frame.Kill());

            assertThat(contained.finish().exit().outcome()).isEqualTo(ExitOutcome.KILLED);
        }
    }
}
