package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Frame;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sandbox that is lost, or that cannot be started: what ends, and what is tried again. */
class SupervisorRecoveryIT extends SupervisorFixture {
    @Test
    void theLossOfTheSandboxThatRunsEndsEverything() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            startEndless(contained);
            List<ProcessHandle> processes = contained.descendants();
            sentries(contained).getFirst().destroyForcibly();

            for (Frame.Up frame = contained.read(); frame != null; frame = contained.read()) {
                assertThat(frame).isNotInstanceOf(Exit.class);
            }
            assertThat(contained.exitStatus()).isEqualTo(1);
            assertThat(contained.diagnostics()).contains("ended without EXIT");
            Left.awaitNoneOf(processes);
        }
    }

    @Test
    void theLossOfTheOneThatIsReadyIsMadeGood() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            startEndlessBesideAReadyOne(contained);
            ProcessHandle ready = sentries(contained).getLast();
            ready.destroyForcibly();
            Left.awaitNoneOf(List.of(ready));
            contained.send(new Frame.Kill());

            assertThat(contained.finishReusable().exit().outcome()).isEqualTo(ExitOutcome.KILLED);
            assertThat(contained.greetedAgain()).containsEntry("served", "1");
            assertServes(contained);
        }
    }

    /** A sandbox that ends as it starts, while a run goes on. */
    @Test
    void aSandboxThatDoesNotStartIsTriedAgainAfterTheRun(@TempDir Path folder) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path broken = folder.resolve("broken");
        try (Contained contained = Embedded.withLinesBefore("[ ! -e " + broken + " ] || exit 1")) {
            contained.greet();
            Files.writeString(broken, "");
            startEndless(contained);
            awaitSaid(contained, "ended before it greeted");
            Files.delete(broken);

            assertTheRunGoesOnAndTheNextIsServed(contained);
            assertThat(contained.diagnostics()).containsOnlyOnce("ended before it greeted");
        }
    }

    /** One for which the supervisor lacks what the run needs too: here descriptors. */
    @Test
    void aSandboxThatCannotBeMadeIsTriedAgainAfterTheRun() throws IOException, InterruptedException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            limitDescriptors(contained, 8);
            startEndless(contained);
            awaitSaid(contained, "cannot make pipes");
            limitDescriptors(contained, 1024);

            assertTheRunGoesOnAndTheNextIsServed(contained);
            assertThat(contained.diagnostics()).containsOnlyOnce("cannot make pipes");
        }
    }

    private static void assertTheRunGoesOnAndTheNextIsServed(Contained contained) throws IOException {
        contained.send(new Frame.Ping(Bytes.utf8("still there")));
        assertThat(contained.readUntil(Frame.Pong.class)).isEqualTo(new Frame.Pong(Bytes.utf8("still there")));
        contained.send(new Frame.Signal(9));
        assertThat(contained.finishReusable().exit().outcome()).isEqualTo(ExitOutcome.SIGNALLED);
        contained.greetedAgain();
        assertServes(contained);
    }

    /** As its own user, who needs no privilege for that. */
    private static void limitDescriptors(Contained contained, int most) throws IOException, InterruptedException {
        Process prlimit = new ProcessBuilder(
                        "setpriv",
                        "--reuid=65532",
                        "--regid=65532",
                        "--clear-groups",
                        "prlimit",
                        "--pid=" + contained.handle().pid(),
                        "--nofile=" + most + ":")
                .inheritIO()
                .start();
        assertThat(prlimit.waitFor()).isZero();
    }
}
