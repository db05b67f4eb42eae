package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Frame;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a hostile program can do in namespaces of its own: nothing, or nothing but harm to its own run. */
class AttackIT {
    private static Contained isolated() throws IOException {
        Contained contained = Contained.start();
        Isolation.assumeFull(contained.greet().facts().values());
        return contained;
    }

    /** In gVisor there is no filter: it may limit its process 1, which is not who watches it there, see CpuTimeIT and LimitsIT. */
    @ParameterizedTest
    @CsvSource({"LINUX,", "GVISOR, limit-others yes"})
    void itSeesNobodyAndCanTouchNothing(Place place, String possible) throws IOException {
        try (Contained contained = place.isolated()) {
            Contained.Ran ran = contained.run(RunOf.c("attack"));

            assertThat(ran.out().lines()).hasSize(18);
            assertThat(ran.out().lines().filter(line -> !line.endsWith(" no")))
                    .containsExactlyElementsOf(Stream.ofNullable(possible).toList());
        }
    }

    @Test
    void signalsToItsProcessOneAreWithoutEffect() throws IOException {
        try (Contained contained = isolated()) {
            Contained.Ran ran = contained.run(RunOf.c("attack").arguments("signals"));

            assertThat(ran.out()).endsWith("survive yes\n");
            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
        }
    }

    /** gVisor lets a program do this to its process 1; here it is done from outside. */
    @Test
    void theLossOfItsProcessOneEndsTheRun() throws IOException {
        RunOf run = RunOf.c("obey").arguments("not");
        try (Contained contained = isolated()) {
            contained.send(run.start());
            contained.sendProgram(run.program());
            contained.readUntil(Frame.Stdout.class);
            ProcessHandle init = contained.handle().children().findFirst().orElseThrow();

            init.destroyForcibly();
            Contained.Ran ran = contained.finish();

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.SIGNALLED);
            assertThat(ran.exit().signal()).isEqualTo(9);
            assertThat(ran.out()).isEqualTo("waiting\n");
        }
    }

    @Test
    void itReachesNobodyOverTheNetworkButItself() throws IOException {
        try (Contained contained = isolated()) {
            Contained.Ran ran = contained.run(
                    RunOf.c("network").arguments("10.96.0.1:443", "169.254.169.254:80", "192.0.2.1:10250"));

            assertThat(ran.out().lines())
                    .containsExactly(
                            "itself connected",
                            "10.96.0.1 unreachable",
                            "169.254.169.254 unreachable",
                            "192.0.2.1 unreachable");
        }
    }

    @Test
    void itDoesNotSeeTheFilesOfTheMachinesUsers() throws IOException {
        try (Contained contained = isolated()) {
            Contained.Ran ran = contained.run(RunOf.script("ls /home /root /var /run 2>/dev/null", "hostname"));

            assertThat(ran.out()).isEqualTo("sandbox\n");
        }
    }
}
