package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.FrameWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProtocolErrorIT {
    private static final RunOf HELLO = RunOf.script("echo hello");

    private static byte[] bytesOf(Frame... frames) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        FrameWriter writer = new FrameWriter(bytes);
        for (Frame frame : frames) {
            writer.write(frame);
        }
        return bytes.toByteArray();
    }

    private static Bytes viewOf(Frame... frames) throws IOException {
        return Bytes.view(bytesOf(frames));
    }

    static List<Wrong> wrongs() throws IOException {
        Frame.Program program = new Frame.Program(HELLO.program());
        return List.of(
                new Wrong("unknown type", Bytes.view(new byte[] {0x55})),
                new Wrong("type zero", Bytes.view(new byte[] {0})),
                new Wrong("frame of the other direction", viewOf(new Frame.Started())),
                new Wrong("payload of more than 64 KiB", Bytes.view(new byte[] {2, 0, 1, 0, 1})),
                new Wrong("payload of 4 GiB", Bytes.view(new byte[] {2, -1, -1, -1, -1})),
                new Wrong("PROGRAM without a byte", Bytes.view(new byte[] {2, 0, 0, 0, 0})),
                new Wrong("KILL with a payload", Bytes.view(new byte[] {6, 0, 0, 0, 1, 1})),
                new Wrong("PING of 65 bytes", Bytes.view(new byte[] {7, 0, 0, 0, 65})),
                new Wrong("START without a field", Bytes.view(new byte[] {1, 0, 0, 0, 0})),
                new Wrong("PROGRAM before START", viewOf(program)),
                new Wrong("PROGRAM_END before START", viewOf(new Frame.ProgramEnd())),
                new Wrong("STDIN before START", viewOf(new Frame.Stdin(Bytes.utf8("a")))),
                new Wrong("STDIN_END before START", viewOf(new Frame.StdinEnd())),
                new Wrong("START twice", viewOf(HELLO.start(), HELLO.start())),
                new Wrong(
                        "STDIN after STDIN_END",
                        viewOf(HELLO.start(), new Frame.StdinEnd(), new Frame.Stdin(Bytes.utf8("a")))),
                new Wrong("STDIN_END twice", viewOf(HELLO.start(), new Frame.StdinEnd(), new Frame.StdinEnd())),
                new Wrong(
                        "larger than programBytes", viewOf(HELLO.programBytes(3).start(), program)));
    }

    /** Something that must not come down. */
    record Wrong(String what, Bytes bytes) {
        @Override
        public String toString() {
            return what;
        }
    }

    @ParameterizedTest
    @MethodSource("wrongs")
    void isReportedAndEndsEverything(Wrong wrong) throws IOException {
        try (Contained contained = Contained.warm()) {
            List<ProcessHandle> processes = contained.descendants();

            contained.sendBytes(wrong.bytes().toByteArray());
            Contained.Ran ran = contained.finish();

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.PROTOCOL_ERROR);
            assertThat(ran.exit().message()).isNotEmpty();
            assertThat(ran.started()).isFalse();
            assertThat(ran.status()).isEqualTo(1);
            assertThat(processes).noneMatch(ProcessHandle::isAlive);
        }
    }

    @Test
    void aRunningProgramIsEndedByOneToo() throws IOException {
        RunOf run = RunOf.c("obey").arguments("not");
        try (Contained contained = Contained.warm()) {
            contained.send(run.start());
            contained.sendProgram(run.program());
            contained.readUntil(Frame.Stdout.class);
            contained.sendBytes((byte) 0x55);

            assertThat(contained.finish().exit().outcome()).isEqualTo(ExitOutcome.PROTOCOL_ERROR);
        }
    }

    @Test
    void aRunIsReadOneByteAtATime() throws IOException {
        try (Contained contained = Contained.warm()) {
            Frame program = new Frame.Program(HELLO.program());
            for (byte one : bytesOf(HELLO.start(), new Frame.StdinEnd(), program, new Frame.ProgramEnd())) {
                contained.sendBytes(one);
            }

            assertThat(contained.finish().out()).isEqualTo("hello\n");
        }
    }

    @Test
    void whatEndsInsideAFrameEndsContained() throws IOException {
        byte[] whole = bytesOf(HELLO.start(), new Frame.Program(HELLO.program()), new Frame.ProgramEnd());
        for (int size = 1; size < whole.length; size += 7) {
            try (Contained contained = Contained.warm()) {
                contained.sendBytes(Arrays.copyOf(whole, size));
                contained.endInput();

                assertThat(contained.exitStatus()).isBetween(0, 1);
            }
        }
    }

    /** The first byte is a frame's type, so that not all of them end there. */
    @Test
    void randomBytesEndInAnErrorNeverInSilence() throws IOException {
        Random random = new Random(20260101);
        for (int i = 0; i < 150; i++) {
            byte[] bytes = new byte[1 + random.nextInt(200)];
            random.nextBytes(bytes);
            bytes[0] = (byte) (1 + random.nextInt(7));
            if (random.nextBoolean() && bytes.length > 4) {
                bytes[1] = 0;
                bytes[2] = 0;
                bytes[3] = 0;
            }
            try (Contained contained = Contained.warm()) {
                contained.sendBytes(bytes);
                contained.endInput();
                Frame.@Nullable Up last = null;
                for (Frame.@Nullable Up frame = contained.read(); frame != null; frame = contained.read()) {
                    last = frame;
                }

                assertThat(last)
                        .satisfiesAnyOf(
                                frame -> assertThat(frame).isNull(),
                                frame -> assertThat(frame).isInstanceOf(Frame.Pong.class),
                                frame -> assertThat(frame)
                                        .isInstanceOfSatisfying(
                                                Exit.class,
                                                exit -> assertThat(exit.outcome())
                                                        .isEqualTo(ExitOutcome.PROTOCOL_ERROR)));
                assertThat(contained.exitStatus()).isBetween(0, 1);
            }
        }
    }
}
