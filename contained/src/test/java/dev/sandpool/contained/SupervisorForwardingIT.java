package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Hello;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the supervisor passes on between a runner and its sandboxes, what it drops, and which input is a protocol error. */
class SupervisorForwardingIT extends SupervisorFixture {
    @Test
    void startMayComeFirst() throws IOException {
        try (Contained contained = Embedded.start()) {
            RunOf run = RunOf.c("hello");
            contained.send(run.start(), new Frame.StdinEnd());
            contained.sendProgram(run.program());

            assertThat(contained.read()).isInstanceOf(Hello.class);
            assertThat(contained.finishReusable().out()).isEqualTo("Hello, sandbox\n");
        }
    }

    @Test
    void theNextStartMayBeSentAtOnce() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            assertServes(contained);
            for (int i = 0; i < 3; i++) {
                RunOf next = RunOf.c("hello");
                contained.send(next.start(), new Frame.StdinEnd());
                contained.sendProgram(next.program());

                assertThat(contained.greetedAgain()).containsEntry("served", String.valueOf(i + 1));
                assertThat(contained.finishReusable().out()).isEqualTo("Hello, sandbox\n");
            }
        }
    }

    @Test
    void whatComesTooLateForARunIsDropped() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            assertServes(contained);
            contained.send(
                    new Frame.Stdin(Bytes.utf8("late")),
                    new Frame.Signal(15),
                    new Frame.StdinEnd(),
                    new Frame.File(false, "late"),
                    new Frame.FileData(Bytes.utf8("late")),
                    new Frame.ProgramEnd(),
                    new Frame.Ping(Bytes.EMPTY));
            contained.greetedAgain();

            assertThat(contained.read()).isEqualTo(new Frame.Pong(Bytes.EMPTY));
            contained.send(new Frame.Stdin(Bytes.utf8("late")), new Frame.StdinEnd());
            assertThat(run(contained, RunOf.script("ls", "cat")).out()).isEqualTo("play\n");
        }
    }

    @Test
    void theRestOfAFrameThatWasForwardedInPartIsDropped() throws IOException {
        byte[] half = new byte[1000];
        try (Contained contained = Embedded.start()) {
            contained.greet();
            RunOf run = RunOf.c("hello");
            contained.send(run.start());
            contained.sendProgram(run.program());
            contained.sendBytes((byte) 4, (byte) 0, (byte) 0, (byte) 7, (byte) 0xd0); // STDIN of 2000 bytes
            contained.sendBytes(half);
            contained.finishReusable();
            contained.sendBytes(half);
            contained.send(new Frame.Ping(Bytes.utf8("after")));
            contained.greetedAgain();

            assertThat(contained.read()).isEqualTo(new Frame.Pong(Bytes.utf8("after")));
            assertServes(contained);
        }
    }

    /** Whatever the runner is late to read. */
    @Test
    void muchOutputComesWhole() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            Contained.Ran ran =
                    run(contained, RunOf.script("head -c 20000000 /dev/zero").outputBytes(20_000_000));

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
            assertThat(ran.stdout().size()).isEqualTo(20_000_000);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0x00, 0x55, 0x82, 0xff})
    void whatIsNoFrameIsAProtocolError(int type) throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            List<ProcessHandle> processes = contained.descendants();
            contained.sendBytes((byte) type);

            assertProtocolError(contained.finish(), processes);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFrameThatIsTooLongIsAProtocolError(boolean isRunning) throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            if (isRunning) {
                startEndless(contained);
            }
            List<ProcessHandle> processes = contained.descendants();
            contained.sendBytes((byte) 2, (byte) 0, (byte) 1, (byte) 0, (byte) 1);

            assertProtocolError(contained.finish(), processes);
        }
    }

    private static void assertProtocolError(Contained.Ran ran, List<ProcessHandle> processes) {
        assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.PROTOCOL_ERROR);
        assertThat(ran.exit().message()).isNotEmpty();
        assertThat(ran.status()).isEqualTo(1);
        Left.awaitNoneOf(processes);
    }

    @Test
    void inputThatEndsInsideAFrameIsSaidSo() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            contained.sendBytes((byte) 7, (byte) 0, (byte) 0);
            contained.endInput();

            assertThat(contained.exitStatus()).isEqualTo(1);
            assertThat(contained.diagnostics()).contains("inside a frame");
        }
    }
}
