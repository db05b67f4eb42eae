package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Frame;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a run ends and how the supervisor ends, and that no process or file is left. */
class SupervisorTerminationIT extends SupervisorFixture {
    @Test
    void killEndsARunAndTheNextOneIsServed() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            startEndless(contained);
            contained.send(new Frame.Kill());

            assertThat(contained.finishReusable().exit().outcome()).isEqualTo(ExitOutcome.KILLED);
            contained.greetedAgain();
            assertServes(contained);
        }
    }

    @Test
    void killBeforeStartEndsEverything() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            List<ProcessHandle> processes = contained.descendants();
            contained.send(new Frame.Kill());

            assertThat(contained.read()).isNull();
            assertThat(contained.exitStatus()).isZero();
            Left.awaitNoneOf(processes);
        }
    }

    /** While it starts, is ready, and runs a program with the next one beside it. */
    @ParameterizedTest
    @ValueSource(strings = {"at once", "greeted", "running", "between"})
    void theEndOfItsInputLeavesNoProcess(String when) throws IOException {
        List<String> before = files();
        try (Contained contained = Embedded.start()) {
            if (!when.equals("at once")) {
                contained.greet();
            }
            if (when.equals("running")) {
                startEndlessBesideAReadyOne(contained);
            }
            if (when.equals("between")) {
                assertServes(contained);
            }
            List<ProcessHandle> processes = contained.descendants();
            contained.endInput();

            assertThat(contained.exitStatus()).isZero();
            Left.awaitNoneOf(processes);
        }
        assertThat(files()).isEqualTo(before);
    }

    /** Of the folders that an ordinary user may write to. */
    private static List<String> files() throws IOException {
        try (Stream<Path> shared = Files.list(Path.of("/dev/shm"));
                Stream<Path> run = Files.list(Path.of("/run"))) {
            return Stream.concat(shared, run).map(Path::toString).sorted().toList();
        }
    }

    @Test
    void whenItIsKilledNothingOfItIsLeft() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            startEndlessBesideAReadyOne(contained);
            List<ProcessHandle> processes = contained.descendants();
            contained.handle().destroyForcibly();

            Left.awaitNoneOf(processes);
        }
    }

    @Test
    void aDeletedPodStillFinishesItsRun() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            startEndless(contained);
            contained.handle().destroy();
            contained.send(new Frame.Ping(Bytes.utf8("still there")), new Frame.Signal(9));

            Contained.Ran ran = contained.finish();
            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.SIGNALLED);
            assertThat(ran.status()).isZero();
        }
    }

    /** The runner may not have read EXIT yet. */
    @Test
    void aPodThatIsDeletedBetweenTwoRunsStaysForItsRunner() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            assertServes(contained);
            contained.handle().destroy();

            assertThat(contained.staysUntilHangUpBetweenRuns()).isZero();
        }
    }

    /** The kubelet waits for one run only, and has begun to. The runner begins the run again in another sandbox. */
    @Test
    void aPodThatIsDeletedBetweenTwoRunsBeginsNoOther() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            assertServes(contained);
            contained.greetedAgain();
            contained.handle().destroy();
            contained.send(RunOf.c("hello").start());

            assertThat(contained.read()).isNull();
            assertThat(contained.exitStatus()).isZero();
        }
    }

    @Test
    void aPodThatIsDeletedBeforeItsFirstRunEnds() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            contained.handle().destroy();

            assertThat(contained.read()).isNull();
            assertThat(contained.exitStatus()).isEqualTo(1);
        }
    }
}
