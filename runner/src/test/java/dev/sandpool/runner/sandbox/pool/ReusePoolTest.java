package dev.sandpool.runner.sandbox.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.sandbox.PoolState;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.RunResult.Facts;
import dev.sandpool.runner.sandbox.Sandbox;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.TestSettings;
import dev.sandpool.runner.sandbox.pool.ManualSandboxes.FakeSandbox;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A pool that may use a sandbox several times, for one caller. */
@Timeout(20)
class ReusePoolTest extends PoolFixture {
    private void openWith(int workers, int warm, int maxRuns) throws InterruptedException {
        openWith(TestSettings.reusing(TestSettings.of("a", workers, warm, warm), maxRuns, "1m"));
    }

    /** One run of that caller, after which its sandbox is kept. */
    private FakeSandbox servedAndKept(String caller) throws Exception {
        Sandbox claimed = pool.claim(caller, NOT);
        int before = pool.state().kept();
        run(claimed);
        claimed.close();
        FakeSandbox sandbox = made(claimed);
        sandbox.greet();
        await().until(() -> pool.state().kept() == before + 1);
        return sandbox;
    }

    private void awaitClosed(FakeSandbox sandbox) {
        await().untilAsserted(() -> assertThat(sandbox.closed).isTrue());
        assertThat(pool.state().kept()).isZero();
    }

    @Test
    void aCallerGetsItsOwnAgainAndNobodyElseDoes() throws Exception {
        openWith(2, 2, 10);
        FakeSandbox first = servedAndKept("ann");
        assertThat(pool.state()).extracting(PoolState::warm, PoolState::running).containsExactly(1, 0);
        assertThat(pool.claim("bob", NOT).name()).isNotEqualTo(first.name());
        assertThat(pool.claim("ann", NOT).name()).isEqualTo(first.name());
        assertThat(pool.state()).extracting(PoolState::kept, PoolState::running).containsExactly(0, 2);
        assertThat(first.closed).isFalse();
    }

    @Test
    void nobodyElseGetsItThoughNoneIsWarm() throws Exception {
        openWith(2, 1, 10);
        servedAndKept("ann");
        sandboxes.succeed();
        await().until(() -> pool.state().warm() == 1);
        pool.claim("bob", NOT);
        var claim = CompletableFuture.supplyAsync(() -> claimed("bob"));
        await().until(() -> sandboxes.starting.get() == 1);
        assertThat(claim).isNotDone();
        sandboxes.succeed();
        assertThat(claim.get().name()).isEqualTo("fake-3");
    }

    @Test
    void theLastRunIsNotAskedToStay() throws Exception {
        openWith(1, 1, 2);
        FakeSandbox sandbox = servedAndKept("ann");
        assertThat(sandbox.stays).hasValue(1);
        Sandbox second = pool.claim("ann", NOT);
        assertThat(sandbox.stays).hasValue(1);
        run(second);
        second.close();
        assertThat(sandbox.closed).isTrue();
        assertThat(pool.state()).extracting(PoolState::kept, PoolState::running).containsExactly(0, 0);
    }

    @Test
    void aPoolOfSingleUseAsksNoneToStay() throws Exception {
        openWith(1, 1, 1);
        Sandbox claimed = pool.claim("ann", NOT);
        run(claimed);
        claimed.close();
        assertThat(made(claimed).stays).hasValue(0);
        assertThat(made(claimed).closed).isTrue();
    }

    @Test
    void aClaimWaitsForItsOwnThatComesBack() throws Exception {
        openWith(2, 2, 10);
        Sandbox first = pool.claim("ann", NOT);
        run(first);
        first.close();
        var claim = CompletableFuture.supplyAsync(() -> claimed("ann"));
        made(first).greet();
        assertThat(claim.get().name()).isEqualTo(first.name());
    }

    @Test
    void butNotForEver() throws Exception {
        openWith(2, 2, 10);
        Sandbox first = pool.claim("ann", NOT);
        run(first);
        first.close();
        assertThat(pool.claim("ann", LONG).name()).isNotEqualTo(first.name());
        made(first).greetNot(Reason.DEADLINE);
        awaitClosed(made(first));
    }

    @Test
    void andWhoeverWaitsForOneThatIsRefusedGetsAWarmOne() throws Exception {
        openWith(2, 2, 10);
        Sandbox first = pool.claim("ann", NOT);
        run(first);
        first.close();
        var claim = CompletableFuture.supplyAsync(() -> claimed("ann"));
        made(first).greetNot(Reason.ENDED_EARLY);
        assertThat(claim.get().name()).isNotEqualTo(first.name());
        awaitClosed(made(first));
    }

    @Test
    void twoRunsAtOnceUseTwoSandboxes() throws Exception {
        openWith(2, 2, 10);
        servedAndKept("ann");
        Sandbox one = pool.claim("ann", NOT);
        Sandbox other = pool.claim("ann", NOT);
        assertThat(one.name()).isNotEqualTo(other.name());
    }

    static Stream<RunResult> bad() {
        return Stream.of(
                new RunResult.Unanswered(),
                new RunResult.ProgramTooLarge(1),
                new RunResult.UploadFailed(new Exception()),
                new RunResult.Cancelled(),
                new RunResult.SandboxLost("x"));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void aRunThatDidNotEndAsItShouldIsTheLast(RunResult result) throws Exception {
        openWith(1, 1, 10);
        Sandbox claimed = pool.claim("ann", NOT);
        made(claimed).result = result;
        run(claimed);
        claimed.close();
        awaitClosed(made(claimed));
    }

    static Stream<RunResult> good() {
        return Stream.of(
                new RunResult.Exited(3, Facts.NONE),
                new RunResult.Signalled(11, Facts.NONE),
                new RunResult.TimedOut(Facts.NONE),
                new RunResult.OutputTooLarge(Facts.NONE),
                new RunResult.OutOfMemory(Facts.NONE),
                new RunResult.FailedToStart("no"));
    }

    @ParameterizedTest
    @MethodSource("good")
    void aProgramThatEndedBadlyIsNoReason(RunResult result) throws Exception {
        openWith(1, 1, 10);
        sandboxes.started.peek().result = result;
        assertThat(servedAndKept("ann").closed).isFalse();
    }

    @Test
    void oneThatIsGivenBackUnusedOrDuringItsRunIsClosed() throws Exception {
        openWith(1, 1, 10);
        Sandbox claimed = pool.claim("ann", NOT);
        claimed.close();
        awaitClosed(made(claimed));
    }

    @Test
    void whoDoesNotComeBackKeepsItForAWhile() throws Exception {
        openWith(2, 2, 10);
        FakeSandbox sandbox = servedAndKept("ann");
        timer.advance(ReusableSandboxes.LONGEST_IDLE.minusMillis(1));
        assertThat(sandbox.closed).isFalse();
        timer.advance(Duration.ofMillis(1));
        awaitClosed(sandbox);
    }

    @Test
    void noneServesLongerThanItMay() throws Exception {
        openWith(2, 2, 100);
        FakeSandbox sandbox = servedAndKept("ann");
        for (int i = 1; i < 4; i++) {
            timer.advance(Duration.ofSeconds(15));
            assertThat(servedAndKept("ann")).isSameAs(sandbox);
        }
        timer.advance(Duration.ofSeconds(15));
        awaitClosed(sandbox);
    }

    @Test
    void oneThatDiesWhileItIsKeptIsNoStartThatFailed() throws Exception {
        openWith(2, 2, 10);
        FakeSandbox sandbox = servedAndKept("ann");
        sandbox.die();
        awaitClosed(sandbox);
        assertThat(pool.state().lastFailure()).isEmpty();
        assertThat(pool.claim("ann", NOT).name()).isNotEqualTo(sandbox.name());
    }

    @Test
    void keptOnesAreAskedWhetherTheyAnswer() throws Exception {
        openWith(2, 2, 10);
        FakeSandbox sandbox = servedAndKept("ann");
        sandbox.answers = false;
        timer.advance(WarmPool.PING_EVERY.multipliedBy(3).dividedBy(2));
        awaitClosed(sandbox);
    }

    @Test
    void whenReuseIsNoMoreWantedTheyGo() throws Exception {
        openWith(2, 2, 10);
        FakeSandbox sandbox = servedAndKept("ann");
        pool.apply(TestSettings.of(2, 2));
        awaitClosed(sandbox);
    }

    @Test
    void theyGoWithTheirRevision() throws Exception {
        openWith(2, 1, 10);
        FakeSandbox sandbox = servedAndKept("ann");
        pool.apply(TestSettings.reusing(TestSettings.of("b", 2, 1, 1), 10, "1m"));
        sandboxes.succeed("b");
        await().until(() -> sandboxes.started.size() == 2);
        await().untilAsserted(() -> {
            timer.advance(PoolInventory.YOUNG);
            assertThat(pool.state().revision()).contains("b");
        });
        awaitClosed(sandbox);
    }

    @Test
    void whoeverWaitedLongestGoesWhenTheRoomIsNeeded() throws Exception {
        openWith(2, 1, 10);
        FakeSandbox first = servedAndKept("ann");
        sandboxes.succeed();
        await().until(() -> pool.state().warm() == 1);
        FakeSandbox second = servedAndKept("bob");
        sandboxes.succeed();
        await().until(() -> pool.state().warm() == 1);
        Sandbox third = pool.claim("cid", NOT); // 1 runs, 1 starts: room for one more

        await().untilAsserted(() -> assertThat(first.closed).isTrue());
        assertThat(second.closed).isFalse();
        assertThat(pool.state().kept()).isEqualTo(1);
        third.close();
    }

    @Test
    void aClosedPoolKeepsNone() throws Exception {
        openWith(2, 2, 10);
        FakeSandbox sandbox = servedAndKept("ann");
        Sandbox running = pool.claim("bob", NOT);
        run(running);
        running.close();
        pool.close();
        assertThat(sandbox.closed).isTrue();
        made(running).greet();
        awaitClosed(made(running));
    }
}
