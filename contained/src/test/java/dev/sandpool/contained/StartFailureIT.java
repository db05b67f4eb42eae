package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.ExitOutcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class StartFailureIT {
    private static final String NOT_A_PROGRAM = "fork/exec /tmpfs/play: exec format error";

    /** Offset of e_machine in an ELF header, and the number of AArch64. */
    private static final int MACHINE = 18;

    private static final byte AARCH64 = (byte) 183;

    /** mov eax, 60; mov edi, 7; syscall. */
    private static final byte[] CODE = {(byte) 0xb8, 60, 0, 0, 0, (byte) 0xbf, 7, 0, 0, 0, 0x0f, 0x05};

    /** Bytes that are no program, and what is said of them. */
    record Unstartable(String what, RunOf run, String message) {
        @Override
        public String toString() {
            return what;
        }
    }

    static List<Unstartable> unstartables() {
        byte[] program = CPrograms.compiled("hello");
        byte[] otherMachine = program.clone();
        otherMachine[MACHINE] = AARCH64;
        return List.of(
                new Unstartable("empty", RunOf.program(new byte[0]), NOT_A_PROGRAM),
                new Unstartable("text", RunOf.program("hello\n".getBytes(UTF_8)), NOT_A_PROGRAM),
                new Unstartable("for another machine", RunOf.program(otherMachine), NOT_A_PROGRAM),
                new Unstartable("cut inside its header", cut(program, 20), NOT_A_PROGRAM),
                new Unstartable("cut after its header", cut(program, 64), NOT_A_PROGRAM),
                new Unstartable("cut in half", cut(program, program.length / 2), NOT_A_PROGRAM),
                new Unstartable(
                        "script without interpreter",
                        RunOf.program("#!/no/such/shell\n".getBytes(UTF_8)),
                        "fork/exec /tmpfs/play: no such file or directory"),
                new Unstartable(
                        "script with a folder as interpreter",
                        RunOf.program("#!/usr\n".getBytes(UTF_8)),
                        "fork/exec /tmpfs/play: permission denied"));
    }

    private static RunOf cut(byte[] program, int size) {
        return RunOf.program(Arrays.copyOf(program, size));
    }

    @ParameterizedTest
    @MethodSource("unstartables")
    void failsInTheWordsOfErrno(Unstartable unstartable) throws IOException {
        try (Contained contained = Contained.warm()) {
            Contained.Ran ran = contained.run(unstartable.run());

            assertThat(ran.started()).isFalse();
            assertThat(ran.exit())
                    .isEqualTo(new Exit(
                            ExitOutcome.FAILED_TO_START,
                            0,
                            0,
                            Exit.Usage.NONE,
                            Exit.Tally.NONE,
                            Exit.Tally.NONE,
                            unstartable.message()));
            assertThat(ran.status()).isZero();
        }
    }

    @Test
    void aProgramWithAByteAfterItIsNotCut() throws IOException {
        try (Contained contained = Contained.warm()) {
            byte[] program = CPrograms.compiled("hello");

            Contained.Ran ran = contained.run(RunOf.program(CPrograms.padded(program, program.length + 1)));

            assertThat(ran.out()).isEqualTo("Hello, sandbox\n");
        }
    }

    /** Linux maps what there is, and minds no more. */
    @ParameterizedTest
    @EnumSource
    void aProgramWhoseSegmentIsLargerThanItsFileRuns(Place place) throws IOException {
        try (Contained contained = place.isolated()) {
            Contained.Ran ran = contained.run(RunOf.program(larger(1 << 20)));

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
            assertThat(ran.exit().exitCode()).isEqualTo(7);
        }
    }

    @Test
    void unlessItsEntryIsMissing() throws IOException {
        try (Contained contained = Contained.warm()) {
            byte[] program = larger(1 << 20);

            Contained.Ran ran = contained.run(cut(program, program.length - CODE.length));

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.FAILED_TO_START);
            assertThat(ran.exit().message()).isEqualTo(NOT_A_PROGRAM);
        }
    }

    /** Exits with 7. It has no sections, and one segment of so many bytes. */
    private static byte[] larger(long segmentBytes) {
        long address = 0x400000;
        int headers = 64 + 56;
        ByteBuffer program = ByteBuffer.allocate(headers + CODE.length).order(ByteOrder.LITTLE_ENDIAN);
        program.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        program.putShort((short) 2).putShort((short) 62).putInt(1); // executable, amd64
        program.putLong(address + headers).putLong(64).putLong(0).putInt(0);
        program.putShort((short) 64).putShort((short) 56).putShort((short) 1).position(64);
        program.putInt(1).putInt(5).putLong(0).putLong(address).putLong(address);
        program.putLong(segmentBytes).putLong(segmentBytes).putLong(4096);
        return program.put(CODE).array();
    }
}
