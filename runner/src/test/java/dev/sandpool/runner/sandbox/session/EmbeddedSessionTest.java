package dev.sandpool.runner.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Start;
import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A session with a pod that starts a gVisor sandbox for each run: what the next sandbox has to say before it may have one. */
@Timeout(20)
class EmbeddedSessionTest extends SessionFixture {
    private SandboxSession warmPod(FakeContained.Script afterGreeting) throws Exception {
        return warm(IsolationRequirements.EMBEDDED, LIMITS, c -> {
            c.greet(FakeContained.EMBEDDED);
            afterGreeting.play(c);
        });
    }

    @Test
    void itServesAsOftenAsANewSandboxGreets() throws Exception {
        List<Start> starts = new ArrayList<>();
        try (SandboxSession session = warmPod(c -> {
            for (int served = 1; served <= 3; served++) {
                starts.add(runIn(c, "x"));
                c.nextGreets(served);
            }
            c.fallSilent();
        })) {
            for (int i = 0; i < 3; i++) {
                session.stayAfterRun();
                assertThat(run(session)).isInstanceOf(RunResult.Exited.class);
                session.greetAgain(LONG);
                assertThat(session.cacheHitBytes()).isZero();
            }
            assertThat(session.timeLeft()).isEqualTo(LIMITS.runTimeout());
        }
        // Nothing has to be proved clean, and nothing of a program is left to build on.
        assertThat(starts).extracting(start -> start.flags().reuse()).containsExactly(false, false, false);
        assertThat(starts)
                .extracting(start -> start.limits().sizes().keepBytes())
                .containsExactly(0L, 0L, 0L);
        assertThat(output.stdout).hasToString("xxx");
        assertThat(contained.sandboxes).hasValue(4);
        assertThat(host.takenBack).hasValue(1);
    }

    @Test
    void eachSandboxIsAskedForCompressedOutputByItsOwnWord() throws Exception {
        List<Boolean> asked = new ArrayList<>();
        Map<String, String> compressing = new HashMap<>(FakeContained.EMBEDDED);
        compressing.put(Facts.COMPRESSION, Facts.ZSTD);
        Map<String, String> second = new HashMap<>(compressing);
        second.put(Facts.SERVED, "1");
        try (SandboxSession session = warm(IsolationRequirements.EMBEDDED, LIMITS, c -> {
            c.greet(compressing);
            asked.add(c.receiveProgram().flags().zstd());
            c.started();
            c.stdoutZstd("first");
            c.exit(ExitOutcome.EXITED, 0, 0, "");
            c.nextGreets(second);
            asked.add(c.receiveProgram().flags().zstd());
            c.started();
            c.stdoutZstd("second");
            c.exit(ExitOutcome.EXITED, 0, 0, "");
            c.nextGreets(2);
            asked.add(runIn(c, "third").flags().zstd());
        })) {
            for (int i = 0; i < 3; i++) {
                session.stayAfterRun();
                assertThat(run(session)).isInstanceOf(RunResult.Exited.class);
                if (i < 2) {
                    session.greetAgain(LONG);
                }
            }
        }
        assertThat(asked).containsExactly(true, true, false);
        assertThat(output.stdout).hasToString("firstsecondthird");
    }

    @Test
    void itAnswersBetweenRuns() throws Exception {
        try (SandboxSession session = warmPod(c -> {
            runIn(c, "x");
            c.nextGreets(1);
            c.send(new Frame.Pong(((Frame.Ping) c.next()).bytes()));
            c.fallSilent();
        })) {
            session.stayAfterRun();
            run(session);
            session.greetAgain(LONG);
            assertThat(session.answers()).isTrue();
        }
    }

    @Test
    void aPingThatEndedWithTheSandboxOfBeforeIsAnsweredByTheNextOnesGreeting() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (SandboxSession session = warmPod(c -> {
            c.next(); // a PING, whose PONG never comes
            asked.countDown();
            runIn(c, "x");
            c.nextGreets(1);
            c.send(new Frame.Pong(((Frame.Ping) c.next()).bytes()));
            c.fallSilent();
        })) {
            var answered = CompletableFuture.supplyAsync(session::answers);
            asked.await();
            session.stayAfterRun();
            assertThat(run(session)).isInstanceOf(RunResult.Exited.class);
            session.greetAgain(LONG);
            assertThat(answered.get()).isTrue();
            assertThat(session.answers()).isTrue();
        }
    }

    static Stream<Arguments> bad() {
        Map<String, String> weaker = new HashMap<>(FakeContained.EMBEDDED);
        weaker.put(Facts.SERVED, "1");
        weaker.put(Facts.NO_NEW_PRIVILEGES, "off");
        Map<String, String> used = new HashMap<>(FakeContained.EMBEDDED);
        used.put(Facts.SERVED, "1");
        used.put(Facts.RUNS, "1");
        Map<String, String> uncounted = new HashMap<>(FakeContained.EMBEDDED);
        uncounted.remove(Facts.SERVED);
        return Stream.of(
                bad("has served another run", c -> c.nextGreets(2), Reason.REFUSED_FACT, "served is \"2\", must be 1"),
                bad(
                        "says that it served none",
                        c -> c.nextGreets(0),
                        Reason.REFUSED_FACT,
                        "served is \"0\", must be 1"),
                bad("does not count", c -> c.nextGreets(uncounted), Reason.REFUSED_FACT, "served is not told"),
                bad(
                        "gives the sandbox of before again",
                        c -> c.nextGreets(used),
                        Reason.REFUSED_FACT,
                        "runs is \"1\", must be 0"),
                bad(
                        "gives one that is weaker",
                        c -> c.nextGreets(weaker),
                        Reason.REFUSED_FACT,
                        "no-new-privileges is \"off\""),
                bad(
                        "says no more that it is embedded",
                        c -> c.greetAgain(1),
                        Reason.REFUSED_FACT,
                        "isolation is not told"),
                bad(
                        "lets the old run print",
                        c -> c.send(new Frame.Stdout(Bytes.utf8("x"))),
                        Reason.PROTOCOL,
                        "Stdout after EXIT"),
                bad("ends", c -> {}, Reason.ENDED_EARLY, "the stream ended"));
    }

    private static Arguments bad(String what, FakeContained.Script script, Reason reason, String message) {
        return Arguments.of(what, script, reason, message);
    }

    @ParameterizedTest(name = "one that {0}")
    @MethodSource("bad")
    void isOfNoUseAnyMore(String what, FakeContained.Script afterExit, Reason reason, String message) throws Exception {
        try (SandboxSession session = warmPod(c -> {
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
    void oneWhoseNextSandboxIsLateMeetsTheDeadline() throws Exception {
        try (SandboxSession session = warmPod(c -> {
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
    void theHelloAfterItsLastRunIsNoMatter() throws Exception {
        CountDownLatch greeted = new CountDownLatch(1);
        try (SandboxSession session = warmPod(c -> {
            runIn(c, "x");
            c.nextGreets(1);
            greeted.countDown();
            c.fallSilent();
        })) {
            assertThat(run(session)).isInstanceOf(RunResult.Exited.class);
            greeted.await();
        }
        assertThat(host.takenBack).hasValue(1);
    }

    @Test
    void aPodThatMayNotHaveUserNamespacesIsNamedSo() {
        var pod = new TestSandboxHost(SandboxHost.Cause.OTHER, "cannot make a User Namespace: Operation not permitted");
        assertThatThrownBy(() -> SandboxSession.greet(
                        "test",
                        contained.play(c -> c.next()),
                        pod,
                        LIMITS,
                        IsolationRequirements.EMBEDDED,
                        Deadline.in(LONG)))
                .isInstanceOfSatisfying(
                        SandboxStartException.class, e -> assertThat(e.reason()).isEqualTo(Reason.USER_NAMESPACES))
                .hasMessageContaining("Operation not permitted");
    }
}
