package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Frame;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class LauncherIT {
    private static Contained.Ran run(Contained contained, RunOf run, String... launcher) throws IOException {
        List<Bytes> parts = Arrays.stream(launcher).map(Bytes::utf8).toList();
        contained.send(run.start(), new Frame.StdinEnd());
        contained.sendProgram(run.program(), new Frame.ProgramEnd(parts));
        return contained.finish();
    }

    /** A shell stands in for what runs programs of another kind: the bytes alone are no program. */
    @ParameterizedTest
    @EnumSource
    void itIsGivenTheProgramAndThenItsArguments(Place place) throws IOException {
        RunOf run = RunOf.program("echo \"$0\"\nfor a; do echo \"[$a]\"; done\n".getBytes(UTF_8))
                .arguments("a b", "", "c");
        try (Contained contained = place.isolated()) {
            Contained.Ran ran = run(contained, run, "/bin/sh", "-e", "--");

            assertThat(ran.started()).isTrue();
            assertThat(ran.out()).isEqualTo("/tmpfs/play\n[a b]\n[]\n[c]\n");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/no/such/launcher, fork/exec /no/such/launcher: no such file or directory",
        "/usr, fork/exec /usr: permission denied",
        "/möglich, fork/exec /m??glich: no such file or directory"
    })
    void whatIsTheMatterWithItIsToldOfIt(String launcher, String message) throws IOException {
        try (Contained contained = Contained.warm()) {
            Contained.Ran ran = run(contained, RunOf.c("hello"), launcher, "x");

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.FAILED_TO_START);
            assertThat(ran.exit().message()).isEqualTo(message);
            assertThat(ran.started()).isFalse();
        }
    }

    /** The longest START and the longest launcher. */
    @ParameterizedTest
    @EnumSource
    void bothMayBeAsLongAsAFrame(Place place) throws IOException {
        RunOf run = RunOf.program("echo ${#0} ${#1} ${#2}\n".getBytes(UTF_8)).arguments("x".repeat(65_000));
        try (Contained contained = place.isolated()) {
            Contained.Ran ran = run(contained, run, "/bin/sh", "-c", "echo ${#0} ${#1} ${#2}", "y".repeat(65_000));

            assertThat(ran.out()).isEqualTo("65000 11 65000\n");
        }
    }

    @Test
    void aProgramCutInHalfIsTheLaunchersMatter() throws IOException {
        byte[] program = CPrograms.compiled("hello");
        RunOf run = RunOf.program(Arrays.copyOf(program, 5000));
        try (Contained contained = Contained.warm()) {
            assertThat(run(contained, run, "/bin/sh", "-c", "echo launched").out())
                    .isEqualTo("launched\n");
        }
    }
}
