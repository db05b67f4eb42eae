package dev.sandpool.runner.sandbox.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.PoolState;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.Sandbox;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.TestSettings;
import dev.sandpool.runner.sandbox.pool.ManualSandboxes.FakeSandbox;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A pool whose pods have an embedded gVisor: each comes back from a run with a new sandbox, for whoever is next. */
@Timeout(20)
class EmbeddedPoolTest extends PoolFixture {
    private static final Duration OLD = Duration.ofMinutes(10);

    private static PoolSettings settings(String revision, int workers, int warm, int maxRuns) {
        return TestSettings.embedded(TestSettings.of(revision, workers, 1, warm), maxRuns, "10m");
    }

    private void openWith(int workers, int warm, int maxRuns) throws InterruptedException {
        openWith(settings("a", workers, warm, maxRuns));
    }

    /** One run of that caller, after which a new sandbox greets in its pod. */
    private FakeSandbox served(String caller) throws Exception {
        Sandbox claimed = ran(caller);
        int warm = pool.state().warm();
        claimed.close();
        made(claimed).greet();
        awaitWarm(warm + 1);
        return made(claimed);
    }

    private void awaitClosed(FakeSandbox sandbox) {
        await().untilAsserted(() -> assertThat(sandbox.closed).isTrue());
    }

    @Test
    void onePodServesOneCallerAfterTheOther() throws Exception {
        openWith(1, 1, 100);
        FakeSandbox pod = served("ann");
        for (String caller : List.of("bob", "ann", "cid")) {
            assertThat(served(caller)).isSameAs(pod);
        }
        assertThat(pod.closed).isFalse();
        assertThat(pod.stays).hasValue(4);
        assertThat(sandboxes.started).hasSize(1);
        assertThat(meters.get("sandpool.sandbox.renewals")
                        .tag("outcome", "new")
                        .counter()
                        .count())
                .isEqualTo(4);
        assertThat(meters.get("sandpool.sandbox.wait")
                        .tag("outcome", "warm")
                        .timer()
                        .count())
                .isEqualTo(4);
    }

    @Test
    void whileItRunsAndComesBackNoOtherIsStartedInItsPlace() throws Exception {
        openWith(2, 2, 100);
        Sandbox one = ran("ann");
        Sandbox other = ran("bob");
        assertThat(sandboxes.starting).hasValue(0);
        assertThat(pool.state())
                .extracting(PoolState::warm, PoolState::running, PoolState::starting)
                .containsExactly(0, 2, 0);

        one.close();
        await().untilAsserted(() -> assertThat(pool.state().starting()).isOne());
        assertThat(sandboxes.starting).hasValue(0);
        made(one).greet();
        other.close();
        made(other).greet();
        awaitWarm(2);
        assertThat(pool.state())
                .extracting(PoolState::kept, PoolState::starting)
                .containsExactly(0, 0);
        assertThat(sandboxes.started).hasSize(2);
    }

    @Test
    void aClaimGetsTheNextSandboxAsSoonAsItGreets() throws Exception {
        openWith(1, 1, 100);
        Sandbox first = ran("ann");
        var claim = CompletableFuture.supplyAsync(() -> claimed("bob"));
        first.close();
        made(first).greet();
        assertThat(claim.get().name()).isEqualTo(first.name());
        assertThat(sandboxes.started).hasSize(1);
    }

    @Test
    void asManyAreStartedAsRunAtOnceAndStayForAWhile() throws Exception {
        openWith(3, 1, 100);
        List<Sandbox> running = new ArrayList<>(List.of(pool.claim("ann", NOT)));
        // One to spare.
        start(1);
        running.add(pool.claim("bob", NOT));
        start(1);
        running.add(pool.claim("cid", NOT));
        assertThat(pool.state().warmWanted()).isEqualTo(3);
        assertThat(pool.state().warmReason()).isEqualTo("2 programs at once, and 1 to spare");
        assertThat(sandboxes.starting).hasValue(0);

        for (Sandbox each : running) {
            run(each);
            each.close();
            made(each).greet();
        }
        awaitWarm(3);
        timer.advance(WarmTarget.HOLD);
        awaitWarm(2);
        timer.advance(WarmTarget.STEP);
        awaitWarm(1);
        assertThat(pool.state().warmReason()).isEqualTo("0 programs at once, and 1 to spare");
    }

    @Test
    void onePodThatIsLostWhileOthersRunIsReplacedAtOnce() throws Exception {
        openWith(2, 1, 100);
        Sandbox long1 = pool.claim("ann", NOT);
        start(1);
        Sandbox long2 = pool.claim("ann", NOT);
        assertThat(sandboxes.starting).hasValue(0); // as many as workers
        run(long2);
        long2.close();
        made(long2).greetNot(Reason.ENDED_EARLY);
        start(1);
        assertThat(pool.claim("bob", NOT).name()).isEqualTo("fake-3");
        long1.close();
    }

    @Test
    void aPodThatHasServedAsOftenAsItMayIsReplaced() throws Exception {
        openWith(1, 1, 2);
        FakeSandbox pod = served("ann");
        Sandbox second = pool.claim("bob", NOT);
        assertThat(pod.stays).hasValue(1);
        start(1); // while its last run goes on
        run(second);
        second.close();
        assertThat(pod.closed).isTrue();
        assertThat(pool.claim("ann", NOT).name()).isEqualTo("fake-2");
    }

    @Test
    void anOldPodIsReplacedAndServesUntilItsSuccessorIsWarm() throws Exception {
        openWith(1, 1, 100);
        FakeSandbox pod = served("ann");
        timer.advance(OLD.minusSeconds(1));
        assertThat(sandboxes.starting).hasValue(0);
        timer.advance(Duration.ofSeconds(1));
        await().until(() -> sandboxes.starting.get() == 1);
        assertThat(pool.state().warm()).isOne();
        assertThat(pod.closed).isFalse();

        sandboxes.succeed();
        awaitClosed(pod);
        awaitWarm(1);
        assertThat(pool.claim("ann", NOT).name()).isEqualTo("fake-2");
    }

    @Test
    void onePodThatBecomesOldDuringItsRunDoesNotComeBack() throws Exception {
        openWith(1, 1, 100);
        served("ann");
        Sandbox second = ran("ann");
        timer.advance(OLD);
        second.close();
        made(second).greet();
        awaitClosed(made(second));
        start(1);
    }

    @Test
    void aPodThatHasRunNothingDoesNotAge() throws Exception {
        openWith(1, 1, 100);
        timer.advance(Duration.ofHours(1));
        assertThat(sandboxes.starting).hasValue(0);
        assertThat(pool.state().warm()).isOne();
    }

    @ParameterizedTest
    @MethodSource("dev.sandpool.runner.sandbox.pool.ReusePoolTest#bad")
    void aRunThatDidNotEndAsItShouldEndsThePod(RunResult result) throws Exception {
        openWith(1, 1, 100);
        Sandbox claimed = pool.claim("ann", NOT);
        made(claimed).result = result;
        run(claimed);
        claimed.close();
        awaitClosed(made(claimed));
        start(1);
    }

    @ParameterizedTest
    @MethodSource("dev.sandpool.runner.sandbox.pool.ReusePoolTest#good")
    void aProgramThatEndedBadlyIsNoReason(RunResult result) throws Exception {
        openWith(1, 1, 100);
        sandboxes.started.peek().result = result;
        assertThat(served("ann").closed).isFalse();
    }

    @Test
    void onePodWhoseNextSandboxIsRefusedIsReplaced() throws Exception {
        openWith(1, 1, 100);
        Sandbox claimed = ran("ann");
        claimed.close();
        made(claimed).greetNot(Reason.REFUSED_FACT);
        awaitClosed(made(claimed));
        start(1);
        assertThat(meters.get("sandpool.sandbox.renewals")
                        .tag("outcome", "refused_fact")
                        .counter()
                        .count())
                .isOne();
        assertThat(pool.state().lastFailure()).isEmpty();
    }

    @Test
    void onePodThatIsGivenBackUnusedIsReplaced() throws Exception {
        openWith(1, 1, 100);
        Sandbox claimed = pool.claim("ann", NOT);
        claimed.close();
        awaitClosed(made(claimed));
        start(1);
    }

    @Test
    void onePodThatDiesWhileItIsWarmIsReplaced() throws Exception {
        openWith(1, 1, 100);
        FakeSandbox pod = served("ann");
        timer.advance(PoolInventory.YOUNG);
        pod.die();
        awaitClosed(pod);
        start(1);
        assertThat(pool.state().lastFailure()).isEmpty();
    }

    @Test
    void onePodThatAnswersNoPingAfterItsRunIsReplaced() throws Exception {
        openWith(1, 1, 100);
        FakeSandbox pod = served("ann");
        pod.answers = false;
        timer.advance(WarmPool.PING_EVERY.multipliedBy(3).dividedBy(2));
        awaitClosed(pod);
        start(1);
    }

    @Test
    void fewerRunsOfAPodHoldForThoseThatHaveHadMore() throws Exception {
        openWith(1, 1, 100);
        FakeSandbox pod = served("ann");
        pool.apply(settings("a", 1, 1, 1));
        sandboxes.succeed();
        awaitClosed(pod);
        awaitWarm(1);
    }

    @Test
    void aPoolThatChangesItsIsolationServesWithBoth() throws Exception {
        openWith(1, 1, 100);
        FakeSandbox embedded = served("ann");
        pool.apply(TestSettings.reusing(TestSettings.of("b", 1, 1, 1), 10, "1m"));
        // The new one is tried, and the old one serves on, for anybody.
        assertThat(served("bob")).isSameAs(embedded);
        sandboxes.succeed("b");
        await().until(() -> sandboxes.started.size() == 2);
        await().untilAsserted(() -> {
            timer.advance(PoolInventory.YOUNG);
            assertThat(pool.state().revision()).contains("b");
        });
        awaitClosed(embedded);

        Sandbox single = ran("ann");
        single.close();
        made(single).greet();
        await().until(() -> pool.state().kept() == 1);
        assertThat(pool.claim("ann", NOT).name()).isEqualTo(single.name());
    }

    @Test
    void andBack() throws Exception {
        pool.apply(TestSettings.of("a", 1, 1, 1));
        pool.open();
        start(1);
        pool.apply(settings("b", 1, 1, 100));
        Sandbox single = ran("ann");
        single.close();
        assertThat(made(single).closed).isTrue();
        sandboxes.succeed("b");
        await().until(() -> sandboxes.started.size() == 2);
        await().untilAsserted(() -> {
            timer.advance(PoolInventory.YOUNG);
            assertThat(pool.state().revision()).contains("b");
        });
        Sandbox embedded = ran("ann");
        assertThat(embedded.name()).isEqualTo("fake-2");
        embedded.close();
        made(embedded).greet();
        assertThat(claimed("bob").name()).isEqualTo("fake-2");
    }

    @Test
    void aClosedPoolKeepsNone() throws Exception {
        openWith(2, 2, 100);
        FakeSandbox warm = served("ann");
        Sandbox running = ran("bob");
        running.close();
        pool.close();
        made(running).greet();
        awaitClosed(made(running));
        awaitClosed(warm);
    }
}
