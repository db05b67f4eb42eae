package dev.sandpool.runner.sandbox.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Hello;
import dev.sandpool.protocol.Start;
import dev.sandpool.runner.sandbox.AskedLimits;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RunInput;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A session between two runs: what contained has to say before it may have another, and what it may not. */
@Timeout(20)
class ReusedSessionTest extends SessionFixture {
    @Test
    void itServesAsOftenAsItGreets() throws Exception {
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            for (int runs = 1; runs <= 3; runs++) {
                runIn(c, "x");
                c.greetAgain(runs);
            }
            c.fallSilent();
        })) {
            for (int i = 0; i < 3; i++) {
                session.stayAfterRun();
                assertThat(run(session)).isInstanceOf(RunResult.Exited.class);
                session.greetAgain(LONG);
            }
            assertThat(session.timeLeft()).isEqualTo(LIMITS.runTimeout());
        }
        assertThat(output.stdout).hasToString("xxx");
        assertThat(host.takenBack).hasValue(1);
    }

    @Test
    void onlyARunThatIsToBeFollowedByAnotherAsksForIt() throws Exception {
        List<Boolean> reuse = new ArrayList<>();
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            for (int runs = 1; runs <= 2; runs++) {
                reuse.add(((Start) c.next()).flags().reuse());
                while (!(c.next() instanceof Frame.ProgramEnd)) {
                    // the program
                }
                c.started();
                c.exit(ExitOutcome.EXITED, 0, 0, "");
                c.greetAgain(runs);
            }
        })) {
            session.stayAfterRun();
            run(session);
            session.greetAgain(LONG);
            run(session);
        }
        assertThat(reuse).containsExactly(true, false);
        assertThat(contained.sandboxes).hasValue(1);
    }

    @Test
    void theSameProgramIsSentOnce() throws Exception {
        byte[] program = "program".getBytes(UTF_8);
        List<Frame.Down> second = new ArrayList<>();
        List<Long> keep = new ArrayList<>();
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            keep.add(c.receiveProgram().limits().sizes().keepBytes());
            c.started();
            c.exit(ExitOutcome.EXITED, 0, 0, "");
            c.greetAgain(1, program.length);
            do {
                second.add(c.next());
            } while (!(second.getLast() instanceof Frame.ProgramEnd));
            c.started();
            c.exit(ExitOutcome.EXITED, 0, 0, "");
        })) {
            session.stayAfterRun();
            run(session);
            session.greetAgain(LONG);
            assertThat(session.cacheHitBytes()).isZero();
            assertThat(run(session)).isInstanceOf(RunResult.Exited.class);
            assertThat(session.cacheHitBytes()).isEqualTo(program.length);
        }
        assertThat(keep).containsExactly(MAX_BINARY / 2);
        assertThat(second).contains(new Frame.ProgramKept(program.length));
        assertThat(second).doesNotHaveAnyElementsOfTypes(Frame.Program.class);
    }

    @Test
    void aRunWhoseProgramNeverComesHasNoCacheHits() throws Exception {
        byte[] program = "program".getBytes(UTF_8);
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            for (int runs = 1; runs <= 2; runs++) {
                while (!(c.next() instanceof Frame.ProgramEnd)) {
                    // the program, or that it is the same
                }
                c.started();
                c.exit(ExitOutcome.EXITED, 0, 0, "");
                c.greetAgain(runs, program.length);
            }
            c.fallSilent();
        })) {
            for (int i = 0; i < 2; i++) {
                session.stayAfterRun();
                run(session);
                session.greetAgain(LONG);
            }
            assertThat(session.cacheHitBytes()).isEqualTo(program.length);
            RunInput broken = new RunInput() {
                private final RunInput whole = RunInput.of(InputStream.nullInputStream());

                @Override
                public WorkingFile nextFile() throws IOException {
                    throw new IOException("the client has gone");
                }

                @Override
                public InputStream program() throws IOException {
                    return whole.program();
                }

                @Override
                public boolean mayHaveStandardInput() {
                    return false;
                }

                @Override
                public InputStream standardInput() throws IOException {
                    return whole.standardInput();
                }

                @Override
                public void stop() {}
            };
            RunResult result =
                    session.run(new ProgramRequest(List.of(), Map.of(), AskedLimits.NONE, broken), output, () -> {});

            assertThat(result).isInstanceOf(RunResult.UploadFailed.class);
            assertThat(session.cacheHitBytes()).isZero();
        }
    }

    static Stream<Arguments> bad() {
        Map<String, String> weaker = new HashMap<>(FakeContained.ISOLATED);
        weaker.put(Facts.RUNS, "1");
        weaker.put(Facts.INTERFACES, "eth0,lo");
        return Stream.of(
                bad("has served another run", c -> c.greetAgain(2), Reason.REFUSED_FACT, "runs is \"2\", must be 1"),
                bad("says that it is new", c -> c.greetAgain(0), Reason.REFUSED_FACT, "runs is \"0\", must be 1"),
                bad(
                        "does not say how many runs",
                        c -> c.send(new Hello(new Facts(Map.of()))),
                        Reason.REFUSED_FACT,
                        "must be gvisor"),
                bad(
                        "has become weaker",
                        c -> c.send(new Hello(new Facts(weaker))),
                        Reason.REFUSED_FACT,
                        "interfaces is \"eth0,lo\""),
                bad(
                        "speaks another version",
                        c -> c.sendRaw(
                                (byte) 0x81,
                                (byte) 0,
                                (byte) 0,
                                (byte) 0,
                                (byte) 4,
                                (byte) 0,
                                (byte) 1,
                                (byte) 0,
                                (byte) 0),
                        Reason.PROTOCOL,
                        "version"),
                bad(
                        "prints first",
                        c -> c.send(new Frame.Stdout(Bytes.utf8("x"))),
                        Reason.PROTOCOL,
                        "Stdout after EXIT"),
                bad("exits twice", c -> c.exit(ExitOutcome.EXITED, 0, 0, ""), Reason.PROTOCOL, "Exit after EXIT"),
                bad(
                        "says why it serves no other run",
                        c -> c.exit(ExitOutcome.INTERNAL_ERROR, 0, 0, "a socket\nis left"),
                        Reason.ENDED_EARLY,
                        "serves no other run: a socket is left"),
                bad("answers what was not asked", c -> c.send(new Frame.Pong(Bytes.EMPTY)), Reason.PROTOCOL, "PONG"),
                bad("is not sure, and ends", c -> {}, Reason.ENDED_EARLY, "the stream ended"));
    }

    private static Arguments bad(String what, FakeContained.Script script, Reason reason, String message) {
        return Arguments.of(what, script, reason, message);
    }

    @ParameterizedTest(name = "one that {0}")
    @MethodSource("bad")
    void isOfNoUseAnyMore(String what, FakeContained.Script afterExit, Reason reason, String message) throws Exception {
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            runIn(c, "x");
            afterExit.play(c);
        })) {
            session.stayAfterRun();
            assertThat(run(session)).isInstanceOf(RunResult.Exited.class);
            assertThatThrownBy(() -> session.greetAgain(LONG))
                    .isInstanceOfSatisfying(
                            SandboxStartException.class,
                            e -> assertThat(e.reason()).isEqualTo(reason))
                    .hasMessageContaining(message);
        }
        assertThat(output.stdout).hasToString("x");
    }

    @Test
    void oneThatSaysNothingMeetsTheDeadline() throws Exception {
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            runIn(c, "x");
            c.fallSilent();
        })) {
            session.stayAfterRun();
            run(session);
            assertThatThrownBy(() -> session.greetAgain(Duration.ofMillis(20)))
                    .isInstanceOfSatisfying(
                            SandboxStartException.class,
                            e -> assertThat(e.reason()).isEqualTo(Reason.DEADLINE));
        }
    }

    @Test
    void oneWhoseRunDidNotEndByExitNeverGreets() throws Exception {
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            c.receiveProgram();
            c.started();
            c.greetAgain(1);
            c.fallSilent();
        })) {
            session.stayAfterRun();
            assertThat(run(session)).isInstanceOf(RunResult.SandboxLost.class);
            assertThatThrownBy(() -> session.greetAgain(LONG)).isInstanceOf(SandboxStartException.class);
        }
    }

    @Test
    void oneThatIsCondemnedDuringItsRunFinishesItAndServesNoMore() throws Exception {
        CountDownLatch condemned = new CountDownLatch(1);
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            c.receiveProgram();
            c.started();
            condemned.await();
            c.exit(ExitOutcome.EXITED, 0, 0, "");
            c.greetAgain(1);
            c.fallSilent();
        })) {
            session.stayAfterRun();
            RunResult result = session.run(request(new ByteArrayInputStream(new byte[1])), output, () -> {
                session.condemn("its node goes away");
                condemned.countDown();
            });
            assertThat(result).isInstanceOf(RunResult.Exited.class);
            assertThatThrownBy(() -> session.greetAgain(LONG)).hasMessageContaining("its node goes away");
        }
    }

    @Test
    void oneThatGreetsTwiceIsLost() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch lost = new CountDownLatch(1);
        try (SandboxSession session = warm(LIMITS, c -> {
            c.greet();
            runIn(c, "x");
            c.greetAgain(1);
            go.await();
            c.greetAgain(1);
            c.fallSilent();
        })) {
            session.onLost(lost::countDown);
            session.stayAfterRun();
            run(session);
            session.greetAgain(LONG);
            assertThat(lost.getCount()).isOne();
            go.countDown();
            lost.await();
            assertThat(session.answers()).isFalse();
        }
    }
}
