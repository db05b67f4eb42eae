package dev.sandpool.runner.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Hello;
import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import java.io.InputStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Up to the claim: who becomes warm, and how a warm one is lost. */
@Timeout(20)
class HandshakeTest extends SessionFixture {
    @Test
    void aSandboxThatMissesADemandedFactIsRefused() {
        Map<String, String> facts = new HashMap<>(FakeContained.ISOLATED);
        facts.put(Facts.TOKEN, "mounted");
        assertThatThrownBy(() -> warm(LIMITS, c -> c.greet(facts)))
                .isInstanceOfSatisfying(
                        SandboxStartException.class, e -> assertThat(e.reason()).isEqualTo(Reason.REFUSED_FACT))
                .hasMessage("token is \"mounted\", must be absent");
        assertThat(host.takenBack).hasValue(1);
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
    void whoeverDoesNotGreetProperlyIsNoSandbox(String what, FakeContained.Script greeting, String message) {
        assertThatThrownBy(() -> warm(LIMITS, greeting))
                .isInstanceOfSatisfying(
                        SandboxStartException.class,
                        e -> assertThat(e.reason())
                                .isEqualTo(what.equals("the end") ? Reason.ENDED_EARLY : Reason.PROTOCOL))
                .hasMessageContaining(message);
        assertThat(host.takenBack).hasValue(1);
    }

    @Test
    void whoeverSaysNothingMeetsTheDeadline() {
        var transport = contained.play(FakeContained::fallSilent);
        assertThatThrownBy(() -> SandboxSession.greet(
                        "test", transport, host, LIMITS, IsolationRequirements.POD, Deadline.in(Duration.ofMillis(50))))
                .isInstanceOfSatisfying(
                        SandboxStartException.class, e -> assertThat(e.reason()).isEqualTo(Reason.DEADLINE));
        assertThat(contained.closedByRunner.getCount()).isZero();
    }

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
            assertThat(session.run(request(InputStream.nullInputStream()), output, () -> {}))
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
}
