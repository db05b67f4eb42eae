package dev.sandpool.runner.sandbox;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Hello;
import dev.sandpool.protocol.Outcome;
import dev.sandpool.protocol.Start;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(20)
class SandboxSessionTest {
    private static final long MAX_BINARY = 300_000;
    private static final long MAX_OUTPUT = 1000;
    private static final SandboxLimits LIMITS =
            new SandboxLimits(1, 1, MAX_BINARY, MAX_OUTPUT, 1 << 20, 64, Duration.ofSeconds(5), Duration.ofSeconds(5));
    private static final SandboxLimits IMPATIENT =
            new SandboxLimits(1, 1, MAX_BINARY, MAX_OUTPUT, 1 << 20, 64, Duration.ofSeconds(1), Duration.ofSeconds(5));

    private final FakeContained contained = new FakeContained();
    private final TestingOrigin origin = new TestingOrigin(false, "the pod is a mystery");
    private final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    private final OutputSink sink = new OutputSink() {
        @Override
        public void stdout(byte[] from, int offset, int length) {
            stdout.write(from, offset, length);
        }

        @Override
        public void stderr(byte[] from, int offset, int length) {
            stderr.write(from, offset, length);
        }
    };

    private SandboxSession warm(SandboxLimits limits, FakeContained.Script script) throws Exception {
        return SandboxSession.greet(
                "test", contained.play(script), origin, limits, Demands.POD, Deadline.in(Duration.ofSeconds(5)));
    }

    private RunResult run(FakeContained.Script afterGreeting) throws Exception {
        return run(LIMITS, "program".getBytes(UTF_8), afterGreeting);
    }

    private RunResult run(SandboxLimits limits, byte[] program, FakeContained.Script afterGreeting) throws Exception {
        try (SandboxSession session = warm(limits, c -> {
            c.greet();
            afterGreeting.play(c);
        })) {
            return session.run(request(new ByteArrayInputStream(program)), sink, () -> {});
        }
    }

    private static RunRequest request(InputStream program) {
        return new RunRequest(List.of("-v", "\u00ff\u0001"), program);
    }

    // ---- greeting

    @Test
    void aSandboxThatMissesADemandedFactIsRefused() {
        Map<String, String> facts = new HashMap<>(FakeContained.ISOLATED);
        facts.put(Facts.TOKEN, "mounted");
        assertThatThrownBy(() -> warm(LIMITS, c -> c.greet(facts)))
                .isInstanceOfSatisfying(
                        SandboxStartException.class, e -> assertThat(e.reason()).isEqualTo(Reason.REFUSED_FACT))
                .hasMessage("token is \"mounted\", must be absent");
        assertThat(origin.takenBack).hasValue(1);
    }

    static Stream<Arguments> wrongGreetings() {
        return Stream.of(
                Arguments.of("the end", (FakeContained.Script) FakeContained::next, "the stream ended"),
                Arguments.of(
                        "a PONG first", script(c -> c.send(new Frame.Pong(Bytes.EMPTY))), "not HELLO first but Pong"),
                Arguments.of("output first", script(c -> c.stdout("x")), "not HELLO first but Stdout"),
                Arguments.of(
                        "noise",
                        script(c -> c.sendRaw((byte) 'H', (byte) 'T', (byte) 'T', (byte) 'P', (byte) '/')),
                        "unknown frame type"),
                Arguments.of(
                        "half a header",
                        script(c -> c.sendRaw((byte) 0x81, (byte) 0)),
                        "ended inside a frame's header"));
    }

    private static FakeContained.Script script(FakeContained.Script script) {
        return script;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongGreetings")
    void whoeverDoesNotGreetProperlyEndedEarly(String what, FakeContained.Script greeting, String message) {
        assertThatThrownBy(() -> warm(LIMITS, greeting))
                .isInstanceOfSatisfying(
                        SandboxStartException.class, e -> assertThat(e.reason()).isEqualTo(Reason.ENDED_EARLY))
                .hasMessageContaining(message);
        assertThat(origin.takenBack).hasValue(1);
    }

    @Test
    void whoeverSaysNothingMeetsTheDeadline() {
        var transport = contained.play(FakeContained::fallSilent);
        assertThatThrownBy(() -> SandboxSession.greet(
                        "test", transport, origin, LIMITS, Demands.POD, Deadline.in(Duration.ofMillis(50))))
                .isInstanceOfSatisfying(
                        SandboxStartException.class, e -> assertThat(e.reason()).isEqualTo(Reason.DEADLINE));
        assertThat(contained.closedByRunner.getCount()).isZero();
    }

    // ---- warm

    @Test
    void aWarmOneAnswersAndThenIsLostWhenItsStreamEnds() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch lost = new CountDownLatch(1);
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            c.send(new Frame.Pong(((Frame.Ping) c.next()).bytes()));
            end.await();
        })) {
            assertThat(session.answers()).isTrue();
            session.onLost(lost::countDown);
            end.countDown();
            lost.await();
            assertThat(session.answers()).isFalse();
            assertThat(session.run(request(InputStream.nullInputStream()), sink, () -> {}))
                    .isInstanceOf(RunResult.SandboxLost.class);
        }
    }

    @Test
    void helloTwiceLosesIt() throws Exception {
        assertLostBy(c -> c.send(new Hello(new Facts(Map.of()))));
    }

    @Test
    void aForgedPongLosesIt() throws Exception {
        assertLostBy(c -> c.send(new Frame.Pong(Bytes.EMPTY)));
    }

    @Test
    void outputBeforeARunLosesIt() throws Exception {
        assertLostBy(c -> c.stdout("early"));
    }

    private void assertLostBy(FakeContained.Script deed) throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch lost = new CountDownLatch(1);
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            go.await();
            deed.play(c);
            c.fallSilent();
        })) {
            session.onLost(lost::countDown);
            go.countDown();
            lost.await();
        }
    }

    @Test
    void whoeverListensTooLateIsToldAtOnce() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            end.await();
        })) {
            CountDownLatch first = new CountDownLatch(1);
            session.onLost(first::countDown);
            end.countDown();
            first.await();
            CountDownLatch second = new CountDownLatch(1);
            session.onLost(second::countDown);
            assertThat(second.getCount()).isZero();
        }
    }

    // ---- outcomes

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
            c.exit(Outcome.EXITED, 3, 0, "");
        });
        assertThat(result).isEqualTo(new RunResult.Exited(3, RunResult.Facts.NONE));
        assertThat(stdout).hasToString("output");
        assertThat(stderr).hasToString("err");
        assertThat(contained.program.toByteArray()).isEqualTo(program);
        assertThat(start.get().arguments())
                .containsExactly(Bytes.utf8("-v"), Bytes.view("\u00ff\u0001".getBytes(ISO_8859_1)));
        assertThat(start.get().environment()).contains(Bytes.utf8("HOME=/tmp"));
        assertThat(start.get().limits().interruptAfter()).isBetween(Duration.ofMillis(3500), Duration.ofMillis(4500));
        assertThat(start.get().limits().killAfter())
                .isBetween(
                        start.get().limits().interruptAfter().plusMillis(249),
                        start.get().limits().interruptAfter().plusMillis(251));
        assertThat(origin.takenBack).hasValue(1);
    }

    static Stream<Arguments> outcomes() {
        var none = RunResult.Facts.NONE;
        return Stream.of(
                Arguments.of(Outcome.EXITED, new RunResult.Exited(0, none)),
                Arguments.of(Outcome.SIGNALLED, new RunResult.Signalled(0, none)),
                Arguments.of(Outcome.TIMED_OUT, new RunResult.TimedOut(none)),
                Arguments.of(Outcome.OUTPUT_LIMIT, new RunResult.OutputTooLarge(none)),
                Arguments.of(Outcome.OUT_OF_MEMORY, new RunResult.OutOfMemory(none)),
                Arguments.of(Outcome.KILLED, new RunResult.SandboxLost("contained ended the run as killed ")),
                Arguments.of(
                        Outcome.PROTOCOL_ERROR,
                        new RunResult.SandboxLost("contained ended the run as protocol-error ")),
                Arguments.of(
                        Outcome.INTERNAL_ERROR,
                        new RunResult.SandboxLost("contained ended the run as internal-error ")));
    }

    @ParameterizedTest
    @MethodSource("outcomes")
    void eachOutcomeHasItsResult(Outcome outcome, RunResult expected) throws Exception {
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
                    c.exit(Outcome.FAILED_TO_START, 0, 0, "exec\nformat\u0007error");
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
        SandboxLimits vast =
                new SandboxLimits(1, 1, Long.MAX_VALUE, 1, 1, 1, Duration.ofSeconds(10), Duration.ofSeconds(5));
        try (SandboxSession session = warm(vast, c -> {
            c.greet();
            c.next();
            c.next();
            c.next();
            afterGreeting.play(c);
            c.fallSilent();
        })) {
            return session.run(request(endless), sink, () -> {});
        }
    }

    @Test
    void aRunThatEndsDuringTheUploadStopsTheUpload() throws Exception {
        assertThat(runEndlessly(c -> c.exit(Outcome.TIMED_OUT, 0, 0, "")))
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
                    c.exit(Outcome.EXITED, 0, 0, "");
                }))
                .isInstanceOf(RunResult.Exited.class);
        FakeContained other = new FakeContained();
        try (SandboxSession session = SandboxSession.greet(
                "test",
                other.play(c -> {
                    c.greet();
                    c.receiveProgram();
                }),
                origin,
                LIMITS,
                Demands.NONE,
                Deadline.in(Duration.ofSeconds(5)))) {
            var program = new ByteArrayInputStream(new byte[(int) MAX_BINARY + 1]);
            assertThat(session.run(request(program), sink, () -> {}))
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
            assertThat(session.run(request(broken), sink, () -> {})).isEqualTo(new RunResult.UploadFailed(gone));
        }
    }

    @Test
    void argumentsThatDoNotFitAreWhatExecveWouldSay() throws Exception {
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            c.fallSilent();
        })) {
            var request = new RunRequest(List.of("x".repeat(70_000)), InputStream.nullInputStream());
            assertThat(session.run(request, sink, () -> {}))
                    .isEqualTo(new RunResult.FailedToStart("fork/exec /tmpfs/play: argument list too long"));
        }
    }

    // ---- hostile peers

    static Stream<Arguments> lies() {
        return Stream.of(
                lie("counts too few bytes", c -> {
                    startAndSay(c, "abc");
                    c.exit(Outcome.EXITED, 0, 0, "", new Exit.Tally(2, 0x352441C2L));
                }),
                lie("has another CRC", c -> {
                    startAndSay(c, "abc");
                    c.exit(Outcome.EXITED, 0, 0, "", new Exit.Tally(3, 0));
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
                    c.exit(Outcome.EXITED, 0, 0, "");
                }),
                lie("fails to start after STARTED", c -> {
                    c.receiveProgram();
                    c.started();
                    c.exit(Outcome.FAILED_TO_START, 0, 0, "no");
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
        assertThat(origin.takenBack).hasValue(1);
    }

    @Test
    void afterExitNothingCounts() throws Exception {
        assertThat(run(c -> {
                    startAndSay(c, "abc");
                    c.exit(Outcome.EXITED, 0, 0, "");
                    c.send(new Frame.Stdout(Bytes.utf8("more")));
                    c.exit(Outcome.EXITED, 9, 0, "");
                }))
                .isInstanceOf(RunResult.Exited.class);
        assertThat(stdout).hasToString("abc");
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
        assertThat(stdout.size()).isEqualTo(990);
    }

    @Test
    void whenTheKernelWasFasterThePodKnowsThatItRanOutOfMemory() throws Exception {
        TestingOrigin killed = new TestingOrigin(true, "OOMKilled");
        try (SandboxSession session = SandboxSession.greet(
                "test",
                contained.play(c -> {
                    c.greet();
                    startAndSay(c, "half");
                }),
                killed,
                LIMITS,
                Demands.POD,
                Deadline.in(Duration.ofSeconds(5)))) {
            assertThat(session.run(request(new ByteArrayInputStream(new byte[1])), sink, () -> {}))
                    .isEqualTo(new RunResult.OutOfMemory(RunResult.Facts.NONE));
        }
    }

    @Test
    void whoeverSaysNothingHasNotAnsweredWhenTheTimeIsUp() throws Exception {
        long begun = System.nanoTime();
        assertThat(run(IMPATIENT, new byte[10], FakeContained::fallSilent)).isEqualTo(new RunResult.Unanswered());
        assertThat(Duration.ofNanos(System.nanoTime() - begun))
                .isBetween(Duration.ofMillis(950), Duration.ofMillis(1900));
    }

    @Test
    void whoeverDoesNotEvenReadHasNotAnsweredEither() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        assertThat(run(IMPATIENT, new byte[(int) MAX_BINARY], c -> never.await(10, TimeUnit.SECONDS)))
                .isEqualTo(new RunResult.Unanswered());
    }

    // ---- close

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
                () -> session.run(request(new ByteArrayInputStream(new byte[1])), sink, () -> {}));
        running.await();
        session.close();
        session.close();
        assertThat(result.get()).isEqualTo(new RunResult.Cancelled());
        assertThat(origin.takenBack).hasValue(1);
    }

    @Test
    void oneSandboxRunsOneProgram() throws Exception {
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            c.receiveProgram();
        })) {
            session.run(request(InputStream.nullInputStream()), sink, () -> {});
            assertThatThrownBy(() -> session.run(request(InputStream.nullInputStream()), sink, () -> {}))
                    .isInstanceOf(IllegalStateException.class);
        }
    }
}
