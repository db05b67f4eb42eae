package dev.sandpool.runner.sandbox.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Hello;
import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A run with a contained that lies, floods, dies or says nothing. */
@Timeout(20)
class HostileSandboxTest extends SessionFixture {
    static Stream<Arguments> lies() {
        return Stream.of(
                lie("counts too few bytes", c -> {
                    startAndSay(c, "abc");
                    c.exit(ExitOutcome.EXITED, 0, 0, "", new Exit.Tally(2, 0x352441C2L));
                }),
                lie("has another CRC", c -> {
                    startAndSay(c, "abc");
                    c.exit(ExitOutcome.EXITED, 0, 0, "", new Exit.Tally(3, 0));
                }),
                lie("prints before STARTED", c -> {
                    c.receiveProgram();
                    c.stdout("x");
                }),
                lie("starts twice", c -> {
                    c.receiveProgram();
                    c.started();
                    c.started();
                }),
                lie("exits without STARTED", c -> {
                    c.receiveProgram();
                    c.exit(ExitOutcome.EXITED, 0, 0, "");
                }),
                lie("fails to start after STARTED", c -> {
                    c.receiveProgram();
                    c.started();
                    c.exit(ExitOutcome.FAILED_TO_START, 0, 0, "no");
                }),
                lie("greets again", c -> {
                    c.receiveProgram();
                    c.send(new Hello(new Facts(Map.of())));
                }),
                lie("reads input that was not sent", c -> {
                    c.receiveProgram();
                    c.send(new Frame.StdinRead(1));
                }),
                lie("answers what was not asked", c -> {
                    c.receiveProgram();
                    c.send(new Frame.Pong(Bytes.EMPTY));
                }),
                lie("sends noise", c -> {
                    c.receiveProgram();
                    c.sendRaw((byte) 0x99, (byte) 0, (byte) 0, (byte) 0, (byte) 0);
                }),
                lie("compresses what nobody asked for", c -> {
                    c.receiveProgram();
                    c.started();
                    c.stdoutZstd("abc");
                    c.exit(ExitOutcome.EXITED, 0, 0, "");
                }),
                lie("ends after START", c -> c.next()),
                lie("ends after the program", c -> c.receiveProgram()),
                lie("ends after STARTED", c -> {
                    c.receiveProgram();
                    c.started();
                }),
                lie("ends inside a frame", c -> {
                    c.receiveProgram();
                    c.sendRaw((byte) 0x83, (byte) 0, (byte) 0, (byte) 0, (byte) 9, (byte) 'x');
                }),
                lie("ends after output", c -> startAndSay(c, "half")));
    }

    private static Arguments lie(String what, FakeContained.Script script) {
        return Arguments.of(what, script);
    }

    private static void startAndSay(FakeContained contained, String text) throws IOException {
        contained.receiveProgram();
        contained.started();
        contained.stdout(text);
    }

    @ParameterizedTest(name = "a sandbox that {0}")
    @MethodSource("lies")
    void isLost(String what, FakeContained.Script lie) throws Exception {
        assertThat(run(lie)).isInstanceOf(RunResult.SandboxLost.class);
        assertThat(host.takenBack).hasValue(1);
    }

    static Stream<Arguments> compressedLies() {
        return Stream.of(
                lie("compresses nonsense", c -> {
                    c.receiveProgram();
                    c.started();
                    c.send(new Frame.StdoutZstd(Bytes.utf8("nonsense")));
                }),
                lie("compresses before STARTED", c -> {
                    c.receiveProgram();
                    c.stderrZstd("x");
                }),
                lie("sends a bomb", c -> {
                    c.receiveProgram();
                    c.started();
                    c.send(new Frame.StderrZstd(Bytes.view(Zstd.compress(new byte[100 << 20]))));
                }),
                lie("counts what it sent, not what it meant", c -> {
                    c.receiveProgram();
                    c.started();
                    c.stdoutZstd("a".repeat(100));
                    c.exit(ExitOutcome.EXITED, 0, 0, "", new Exit.Tally(20, 0));
                }));
    }

    @ParameterizedTest(name = "a sandbox that {0}")
    @MethodSource("compressedLies")
    void isLostThoughItMayCompress(String what, FakeContained.Script lie) throws Exception {
        assertThat(runCompressing(lie)).isInstanceOf(RunResult.SandboxLost.class);
        assertThat(host.takenBack).hasValue(1);
    }

    private RunResult runCompressing(FakeContained.Script afterGreeting) throws Exception {
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greetCompressing();
            afterGreeting.play(c);
        })) {
            return session.run(request(new ByteArrayInputStream(new byte[1])), output, () -> {});
        }
    }

    /** The limit is one of what the program wrote. */
    @Test
    void aCompressedFloodIsCutAtTheLimit() throws Exception {
        assertThat(runCompressing(c -> {
                    c.receiveProgram();
                    c.started();
                    for (int i = 0; i < 100; i++) {
                        c.stdoutZstd("x".repeat(99));
                    }
                }))
                .isEqualTo(new RunResult.OutputTooLarge(RunResult.Facts.NONE));
        assertThat(output.stdout.size()).isEqualTo(990);
    }

    @Test
    void afterExitNothingCounts() throws Exception {
        assertThat(run(c -> {
                    startAndSay(c, "abc");
                    c.exit(ExitOutcome.EXITED, 0, 0, "");
                    c.send(new Frame.Stdout(Bytes.utf8("more")));
                    c.exit(ExitOutcome.EXITED, 9, 0, "");
                }))
                .isInstanceOf(RunResult.Exited.class);
        assertThat(output.stdout).hasToString("abc");
    }

    @Test
    void aFloodIsCutAtTheLimit() throws Exception {
        assertThat(run(c -> {
                    c.receiveProgram();
                    c.started();
                    for (int i = 0; i < 100; i++) {
                        c.stdout("x".repeat(99));
                    }
                }))
                .isEqualTo(new RunResult.OutputTooLarge(RunResult.Facts.NONE));
        assertThat(output.stdout.size()).isEqualTo(990);
    }

    /** As when megabytes are on their way, and EXIT behind them. */
    @Test
    void aFloodWithoutAnEndHasTimedOutWithWhatCameSoFar() throws Exception {
        var vast =
                new SandboxLimits(MAX_BINARY, 0, Long.MAX_VALUE, 1 << 20, 64, Optional.empty(), Duration.ofSeconds(3));
        assertThat(run(vast, new byte[10], c -> {
                    c.receiveProgram();
                    c.started();
                    while (c.closedByRunner.getCount() > 0) {
                        c.stdout("more");
                    }
                }))
                .isEqualTo(new RunResult.TimedOut(RunResult.Facts.NONE));
        assertThat(output.stdout.toString(UTF_8)).startsWith("moremore");
        assertThat(contained.closedByRunner.getCount()).isZero();
    }

    @Test
    void whenTheKernelWasFasterThePodKnowsThatItRanOutOfMemory() throws Exception {
        assertThat(lostWith(new TestSandboxHost(SandboxHost.Cause.OUT_OF_MEMORY, "OOMKilled"), LIMITS))
                .isEqualTo(new RunResult.OutOfMemory(RunResult.Facts.NONE));
    }

    @Test
    void whereNobodyKnowsWhyBeforeTheTimeIsUpTheProgramHadAllOfIt() throws Exception {
        assertThat(lostWith(new TestSandboxHost(SandboxHost.Cause.UNKNOWN, "no status came"), IMPATIENT))
                .isEqualTo(new RunResult.Unanswered());
    }

    @Test
    void whereNobodyKnowsWhyAndThereWasTimeTheSandboxWasLost() throws Exception {
        assertThat(lostWith(new TestSandboxHost(SandboxHost.Cause.UNKNOWN, "no status came"), PATIENT))
                .isInstanceOfSatisfying(
                        RunResult.SandboxLost.class,
                        lost -> assertThat(lost.detail()).endsWith("no status came"));
    }

    private RunResult lostWith(TestSandboxHost knows, SandboxLimits limits) throws Exception {
        try (SandboxSession session = SandboxSession.greet(
                "test",
                contained.play(c -> {
                    c.greet();
                    startAndSay(c, "half");
                }),
                knows,
                limits,
                IsolationRequirements.POD,
                Deadline.in(Duration.ofSeconds(5)))) {
            return session.run(request(new ByteArrayInputStream(new byte[1])), output, () -> {});
        }
    }

    @Test
    void whoeverSaysNothingHasNotAnsweredWhenTheTimeIsUp() throws Exception {
        long begun = System.nanoTime();
        assertThat(run(IMPATIENT, new byte[10], FakeContained::fallSilent)).isEqualTo(new RunResult.Unanswered());
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(Duration.ofMillis(950));
        // There is no time left to ask why.
        assertThat(host.asked).hasValue(0);
    }

    @Test
    void whoeverDoesNotEvenReadHasNotAnsweredEither() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        assertThat(run(IMPATIENT, new byte[(int) MAX_BINARY], c -> never.await(10, TimeUnit.SECONDS)))
                .isEqualTo(new RunResult.Unanswered());
    }
}
