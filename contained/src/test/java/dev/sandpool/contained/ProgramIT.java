package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Start;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgramIT {
    private static Contained.Ran run(RunOf run) throws IOException {
        try (Contained contained = Contained.warm()) {
            return contained.run(run);
        }
    }

    @Test
    void aProgramRunsAndEnds() throws IOException {
        Contained.Ran ran = run(RunOf.c("hello"));

        assertThat(ran.started()).isTrue();
        assertThat(ran.out()).isEqualTo("Hello, sandbox\n");
        assertThat(ran.err()).isEmpty();
        assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
        assertThat(ran.exit().exitCode()).isZero();
        assertThat(ran.exit().usage().wall()).isPositive();
        assertThat(ran.exit().usage().peakMemoryBytes()).isPositive();
        assertThat(ran.status()).isZero();
    }

    @Test
    void itGetsExactlyTheArgumentsAndTheEnvironmentOfStart() throws IOException {
        byte[] allBytes = new byte[255];
        IntStream.range(0, 255).forEach(i -> allBytes[i] = (byte) (i + 1));
        List<Bytes> arguments = List.of(Bytes.EMPTY, Bytes.utf8("a b"), Bytes.view(allBytes), Bytes.utf8("größe"));
        List<Bytes> environment = List.of(Bytes.utf8("A=b=c"), Bytes.utf8("EMPTY="), Bytes.utf8("=odd"), Bytes.EMPTY);
        RunOf run = RunOf.c("arguments");

        Contained.Ran ran = run(run.with(arguments, environment));

        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        expected.writeBytes("/tmpfs/play\0".getBytes(UTF_8));
        for (List<Bytes> strings : List.of(arguments, environment)) {
            for (Bytes string : strings) {
                string.writeTo(expected::write);
                expected.write(0);
            }
        }
        assertThat(ran.stdout()).isEqualTo(Bytes.view(expected.toByteArray()));
    }

    @Test
    void tenThousandArgumentsFit() throws IOException {
        String[] arguments =
                IntStream.range(0, 10_000).mapToObj(Integer::toString).toArray(String[]::new);

        Contained.Ran ran = run(RunOf.c("arguments").arguments(arguments).environment());

        assertThat(ran.out()).isEqualTo("/tmpfs/play\0" + String.join("\0", arguments) + "\0");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 127, 128, 255})
    void itsExitCodeIsTold(int code) throws IOException {
        Contained.Ran ran = run(RunOf.c("die").arguments("code", Integer.toString(code)));

        assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
        assertThat(ran.exit().exitCode()).isEqualTo(code);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 6, 9, 11, 15})
    void theSignalThatEndsItIsTold(int signal) throws IOException {
        Contained.Ran ran = run(RunOf.c("die").arguments("signal", Integer.toString(signal)));

        assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.SIGNALLED);
        assertThat(ran.exit().signal()).isEqualTo(signal);
    }

    @Test
    void aScriptRunsInAFolderThatItMayWriteTo() throws IOException {
        Contained.Ran ran = run(RunOf.script(
                "echo relative > made",
                "cat made",
                "mkdir folder",
                "echo temporary > /tmp/made",
                "cat /tmp/made",
                "exit 3"));

        assertThat(ran.err()).isEmpty();
        assertThat(ran.out()).isEqualTo("relative\ntemporary\n");
        assertThat(ran.exit().exitCode()).isEqualTo(3);
    }

    @Test
    void itInheritsNothingButTheThreeStreams() throws IOException {
        Contained.Ran ran = run(RunOf.c("surroundings").resources(new Start.ResourceLimits(17, 333, 4_444_444)));

        // What contained itself has of the user's processes comes on top: see TasksIT.
        assertThat(ran.out().lines())
                .filteredOn(line -> !line.startsWith("processes "))
                .containsExactly(
                        "descriptors 3",
                        "signals 0 0",
                        "session 1",
                        "root 0",
                        "no-new-privileges 1",
                        "folder 1",
                        "core 0",
                        "files 333",
                        "file 4444444");
    }

    /** As with nohup. */
    @Test
    void whatContainedWasStartedToIgnoreTheProgramDoesNot() throws IOException {
        String ignoring = "trap '' HUP USR1 PIPE; exec \"$@\"";
        try (Contained contained = Contained.by(List.of("sh", "-c", ignoring, "sh", Contained.BINARY.toString()))) {
            contained.greet();

            Contained.Ran ran = contained.run(RunOf.c("surroundings"));

            assertThat(ran.out().lines()).contains("signals 0 0");
        }
    }

    @Test
    void bothStreamsComeWholeHoweverLarge() throws IOException {
        Contained.Ran ran = run(RunOf.script("head -c 3000000 /dev/zero", "head -c 2000000 /dev/zero >&2"));

        assertThat(ran.stdout().size()).isEqualTo(3_000_000);
        assertThat(ran.stderr().size()).isEqualTo(2_000_000);
    }

    @Test
    void theRunEndsWithTheProgramWhoeverHoldsTheOutputOpen() throws IOException {
        try (Contained contained = Contained.warm()) {
            Contained.Ran ran = contained.run(RunOf.c("background").arguments("left-in-the-background"));

            assertThat(ran.out()).isEqualTo("left one\n");
            assertThat(ran.exit().exitCode()).isEqualTo(4);
            assertThat(ran.exit().usage().wall()).isLessThan(Duration.ofSeconds(10));
            assertThat(Left.running("left-in-the-background")).isEmpty();
        }
    }

    @Test
    void itsTimeAndThatOfItsChildrenIsTold() throws IOException {
        Exit.Usage usage = run(RunOf.c("work").arguments("150")).exit().usage();

        assertThat(usage.user().plus(usage.system())).isBetween(Duration.ofMillis(200), Duration.ofMillis(1500));
        assertThat(usage.wall()).isGreaterThan(Duration.ofMillis(100));
    }

    @Test
    void aProgramOfAHundredMebibytesRunsInLessMemory() throws IOException {
        byte[] program = CPrograms.padded(CPrograms.compiled("memory"), 100 << 20);

        Contained.Ran ran = run(RunOf.program(program).arguments("itself").memoryBytes(20 << 20));

        assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
        assertThat(ran.out()).isEqualTo("done\n");
    }

    @Test
    void aLimitOtherThanTheUsualGetsAMemoryFileSystemOfItsSize() throws IOException {
        byte[] program = CPrograms.padded(CPrograms.compiled("hello"), 190 << 20);

        Contained.Ran ran = run(RunOf.program(program).programBytes(190 << 20));

        assertThat(ran.out()).isEqualTo("Hello, sandbox\n");
    }
}
