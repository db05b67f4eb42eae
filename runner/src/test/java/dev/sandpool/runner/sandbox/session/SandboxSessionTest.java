package dev.sandpool.runner.sandbox.session;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Start;
import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.Launchers;
import dev.sandpool.runner.sandbox.LaunchersTest;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A run with a contained that does as it should. */
@Timeout(20)
class SandboxSessionTest extends SessionFixture {
    @Test
    void aProgramRuns() throws Exception {
        AtomicReference<Start> start = new AtomicReference<>();
        byte[] program = new byte[200_000];
        program[199_999] = 1;
        RunResult result = run(LIMITS, program, c -> {
            start.set(c.receiveProgram());
            c.started();
            c.stdout("out");
            c.stderr("err");
            c.stdout("put");
            c.exit(ExitOutcome.EXITED, 3, 0, "");
        });
        assertThat(result).isEqualTo(new RunResult.Exited(3, RunResult.Facts.NONE));
        assertThat(output.stdout).hasToString("output");
        assertThat(output.stderr).hasToString("err");
        assertThat(contained.program.toByteArray()).isEqualTo(program);
        assertThat(start.get().arguments())
                .containsExactly(Bytes.utf8("-v"), Bytes.view("\u00ff\u0001".getBytes(ISO_8859_1)));
        assertThat(start.get().environment()).contains(Bytes.utf8("HOME=/tmp"));
        assertThat(start.get().limits().times().interruptAfter())
                .isBetween(Duration.ofMillis(1000), Duration.ofMillis(4500));
        assertThat(start.get().limits().times().killAfter())
                .isBetween(
                        start.get().limits().times().interruptAfter().plusMillis(249),
                        start.get().limits().times().interruptAfter().plusMillis(251));
        assertThat(start.get().limits().resources().maxProcesses()).isEqualTo(64);
        assertThat(start.get().limits().resources().maxFileBytes())
                .as("of a file, which is no output")
                .isEqualTo(Long.MAX_VALUE);
        assertThat(host.takenBack).hasValue(1);
    }

    @Test
    void whoeverCanCompressIsAskedToAndUnderstood() throws Exception {
        AtomicReference<Start> start = new AtomicReference<>();
        String line = "so much of the same\n".repeat(20);
        byte[] program = new byte[200_000];
        program[199_999] = 1;
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greetCompressing();
            start.set(c.receiveProgram());
            c.started();
            c.stdoutZstd(line);
            c.stderrZstd("err");
            c.stdout("end");
            c.exit(ExitOutcome.EXITED, 0, 0, "");
        })) {
            assertThat(session.run(request(new ByteArrayInputStream(program)), output, () -> {}))
                    .isEqualTo(new RunResult.Exited(0, RunResult.Facts.NONE));
        }
        assertThat(start.get().flags()).isEqualTo(new Start.Flags(false, true));
        assertThat(contained.program.toByteArray()).isEqualTo(program);
        assertThat(output.stdout).hasToString(line + "end");
        assertThat(output.stderr).hasToString("err");
    }

    @Test
    void anOlderContainedIsAskedForNothingThatItDoesNotKnow() throws Exception {
        AtomicReference<Start> start = new AtomicReference<>();
        run(c -> {
            start.set(c.receiveProgram());
            c.started();
            c.exit(ExitOutcome.EXITED, 0, 0, "");
        });
        assertThat(start.get().flags()).isEqualTo(Start.Flags.NONE);
    }

    @Test
    void whatRunsTheProgramIsSaidWhenAllOfItWasSeen() throws Exception {
        byte[] program = new byte[200_000];
        System.arraycopy("NaCl".getBytes(ISO_8859_1), 0, program, 199_996, 4);
        Launchers launchers = Launchers.of(List.of(LaunchersTest.launcher("/loader -S", null, null, 0, "NaCl")));
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            c.receiveProgram();
            c.started();
            c.exit(ExitOutcome.EXITED, 0, 0, "");
        })) {
            session.run(request(new ByteArrayInputStream(program)).with(launchers), output, () -> {});
        }
        assertThat(contained.program.toByteArray()).isEqualTo(program);
        assertThat(contained.launcher).containsExactly(Bytes.utf8("/loader"), Bytes.utf8("-S"));
    }

    static Stream<Arguments> outcomes() {
        var none = RunResult.Facts.NONE;
        return Stream.of(
                Arguments.of(ExitOutcome.EXITED, new RunResult.Exited(0, none)),
                Arguments.of(ExitOutcome.SIGNALLED, new RunResult.Signalled(0, none)),
                Arguments.of(ExitOutcome.TIMED_OUT, new RunResult.TimedOut(none)),
                Arguments.of(ExitOutcome.OUTPUT_LIMIT, new RunResult.OutputTooLarge(none)),
                Arguments.of(ExitOutcome.OUT_OF_MEMORY, new RunResult.OutOfMemory(none)),
                Arguments.of(ExitOutcome.KILLED, new RunResult.SandboxLost("contained ended the run as killed ")),
                Arguments.of(
                        ExitOutcome.PROTOCOL_ERROR,
                        new RunResult.SandboxLost("contained ended the run as protocol-error ")),
                Arguments.of(
                        ExitOutcome.INTERNAL_ERROR,
                        new RunResult.SandboxLost("contained ended the run as internal-error ")));
    }

    @ParameterizedTest
    @MethodSource("outcomes")
    void eachOutcomeHasItsResult(ExitOutcome outcome, RunResult expected) throws Exception {
        assertThat(run(c -> {
                    c.receiveProgram();
                    c.started();
                    c.exit(outcome, 0, 0, "");
                }))
                .isEqualTo(expected);
    }

    @Test
    void whatExecveRefusedFailedToStartInOneLine() throws Exception {
        assertThat(run(c -> {
                    c.receiveProgram();
                    c.exit(ExitOutcome.FAILED_TO_START, 0, 0, "exec\nformat\u0007error");
                }))
                .isEqualTo(new RunResult.FailedToStart("exec format error"));
    }

    /** An upload that ends only when the run stops it. */
    private RunResult runEndlessly(FakeContained.Script afterGreeting) throws Exception {
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 0;
            }

            @Override
            public int read(byte[] into, int offset, int length) {
                return length;
            }
        };
        SandboxLimits vast = new SandboxLimits(Long.MAX_VALUE, 0, 1, 1, 1, Optional.empty(), Duration.ofSeconds(10));
        try (SandboxSession session = warm(vast, c -> {
            c.greet();
            c.next();
            c.next();
            c.next();
            afterGreeting.play(c);
            c.fallSilent();
        })) {
            return session.run(request(endless), output, () -> {});
        }
    }

    @Test
    void aRunThatEndsDuringTheUploadStopsTheUpload() throws Exception {
        assertThat(runEndlessly(c -> c.exit(ExitOutcome.TIMED_OUT, 0, 0, "")))
                .isEqualTo(new RunResult.TimedOut(RunResult.Facts.NONE));
    }

    @Test
    void nobodyStartsAProgramThatIsNotThereYet() throws Exception {
        assertThat(runEndlessly(FakeContained::started))
                .isInstanceOfSatisfying(
                        RunResult.SandboxLost.class,
                        lost -> assertThat(lost.detail()).startsWith("STARTED before the program was sent"));
    }

    @Test
    void aProgramOfExactlyTheLimitRunsAndOneByteMoreDoesNot() throws Exception {
        assertThat(run(LIMITS, new byte[(int) MAX_BINARY], c -> {
                    c.receiveProgram();
                    c.started();
                    c.exit(ExitOutcome.EXITED, 0, 0, "");
                }))
                .isInstanceOf(RunResult.Exited.class);
        FakeContained other = new FakeContained();
        try (SandboxSession session = SandboxSession.greet(
                "test",
                other.play(c -> {
                    c.greet();
                    c.receiveProgram();
                }),
                host,
                LIMITS,
                IsolationRequirements.NONE,
                Deadline.in(Duration.ofSeconds(5)))) {
            var program = new ByteArrayInputStream(new byte[(int) MAX_BINARY + 1]);
            assertThat(session.run(request(program), output, () -> {}))
                    .isEqualTo(new RunResult.ProgramTooLarge(MAX_BINARY));
        }
        assertThat(other.program.size()).isLessThanOrEqualTo((int) MAX_BINARY);
    }

    @Test
    void anUploadThatBreaksFailsTheRun() throws Exception {
        IOException gone = new IOException("the client is gone");
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw gone;
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                throw gone;
            }
        };
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            c.receiveProgram();
        })) {
            assertThat(session.run(request(broken), output, () -> {})).isEqualTo(new RunResult.UploadFailed(gone));
        }
    }

    @Test
    void argumentsThatDoNotFitAreWhatExecveWouldSay() throws Exception {
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            c.fallSilent();
        })) {
            var request = new ProgramRequest(List.of("x".repeat(70_000)), InputStream.nullInputStream());
            assertThat(session.run(request, output, () -> {}))
                    .isEqualTo(new RunResult.FailedToStart("fork/exec /tmpfs/play: argument list too long"));
        }
    }

    @Test
    void closingFromAnotherThreadCancelsTheRun() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            c.receiveProgram();
            running.countDown();
            c.fallSilent();
        });
        var result = CompletableFuture.supplyAsync(
                () -> session.run(request(new ByteArrayInputStream(new byte[1])), output, () -> {}));
        running.await();
        session.close();
        session.close();
        assertThat(result.get()).isEqualTo(new RunResult.Cancelled());
        assertThat(host.takenBack).hasValue(1);
    }

    @Test
    void oneSandboxRunsOneProgram() throws Exception {
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            c.receiveProgram();
        })) {
            session.run(request(InputStream.nullInputStream()), output, () -> {});
            assertThatThrownBy(() -> session.run(request(InputStream.nullInputStream()), output, () -> {}))
                    .isInstanceOf(IllegalStateException.class);
        }
    }
}
