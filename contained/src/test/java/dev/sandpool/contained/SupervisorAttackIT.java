package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Start;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a hostile program can do: nothing to other runs, to the supervisor or to the pod, even outside of gVisor. */
class SupervisorAttackIT extends SupervisorFixture {
    private static final long MIB = 1 << 20;

    @Test
    void memoryThatIsUsedUpIsAnOutcomeAndTheNextRunIsServed() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            Contained.Ran ran =
                    run(contained, RunOf.c("memory").arguments("private", "900").memoryBytes(100 * MIB));

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.OUT_OF_MEMORY);
            contained.greetedAgain();
            assertServes(contained);
        }
    }

    @Test
    void aForkBombIsBoundedAndTheNextRunIsServed() throws IOException {
        RunOf bomb = RunOf.c("bomb")
                .deadlines(Duration.ofMillis(700), Duration.ofMillis(900))
                .resources(new Start.ResourceLimits(20, 64, MIB));
        try (Contained contained = Embedded.start()) {
            contained.greet();
            Contained.Ran ran = run(contained, bomb);

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.TIMED_OUT);
            contained.greetedAgain();
            assertServes(contained);
        }
    }

    @Test
    void aProgramSeesNobodyAndCanTouchNothing() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            Contained.Ran ran = run(contained, RunOf.c("attack"));

            assertThat(ran.out().lines()).hasSize(18);
            // As in a pod: contained watches from outside of what the program may limit.
            assertThat(ran.out().lines().filter(line -> !line.endsWith(" no"))).containsExactly("limit-others yes");
            contained.greetedAgain();
            Contained.Ran network = run(
                    contained, RunOf.c("network").arguments("10.96.0.1:443", "169.254.169.254:80", "192.0.2.1:10250"));

            assertThat(network.out().lines())
                    .containsExactly(
                            "itself connected",
                            "10.96.0.1 unreachable",
                            "169.254.169.254 unreachable",
                            "192.0.2.1 unreachable");
        }
    }

    @Test
    void whenMemoryRunsOutTheKernelTakesSandboxesFirst() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            int own = oomScore(contained.handle());

            assertThat(contained.descendants())
                    .isNotEmpty()
                    .allSatisfy(process -> assertThat(oomScore(process)).isGreaterThan(own));
        }
    }

    private static int oomScore(ProcessHandle process) {
        try {
            return Integer.parseInt(Files.readString(Path.of("/proc/" + process.pid() + "/oom_score_adj"))
                    .strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whoever gets out of gVisor is there. */
    @Test
    void aSentryHasNoFilesNoProcAndNoPowerOverNamespaces() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            Path sentry = Path.of("/proc/" + sentries(contained).getFirst().pid());
            Map<String, String> status = Files.readAllLines(sentry.resolve("status")).stream()
                    .map(line -> line.split(":\t", 2))
                    .filter(parts -> parts.length == 2)
                    .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));

            try (Stream<Path> root = Files.list(sentry.resolve("root"))) {
                assertThat(root.map(path -> path.getFileName().toString())).isSubsetOf("etc", "proc");
            }
            assertThat(sentry.resolve("root/proc/self")).doesNotExist();
            // Of its own user namespace: those about files, and to trace its own processes.
            assertThat(Long.parseLong(status.get("CapBnd"), 16) & ~0x8001fL).isZero();
            assertThat(status).containsEntry("Seccomp", "2").containsEntry("NoNewPrivs", "1");
            for (String namespace : List.of("user", "pid", "net", "mnt", "ipc", "uts")) {
                assertThat(Files.readSymbolicLink(sentry.resolve("ns/" + namespace)))
                        .isNotEqualTo(Files.readSymbolicLink(
                                Path.of("/proc/" + contained.handle().pid() + "/ns/" + namespace)));
            }
        }
    }

    @Test
    void itsMemoryAndDescriptorsAreClosedToItsOwnUser() throws IOException, InterruptedException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            Process look = new ProcessBuilder(
                            "setpriv",
                            "--reuid=65532",
                            "--regid=65532",
                            "--clear-groups",
                            "ls",
                            "/proc/" + contained.handle().pid() + "/fd")
                    .redirectErrorStream(true)
                    .start();
            String said = new String(look.getInputStream().readAllBytes(), UTF_8);

            assertThat(look.waitFor()).isNotZero();
            assertThat(said).contains("Permission denied");
        }
    }
}
