package dev.sandpool.runner.sandbox.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.sandbox.ManualTimer;
import dev.sandpool.runner.sandbox.PoolState;
import dev.sandpool.runner.sandbox.Sandbox;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.TestSettings;
import dev.sandpool.runner.sandbox.pool.ManualSandboxes.FakeSandbox;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class WarmPoolTest {
    private static final Duration NOT = Duration.ZERO;
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final Duration TICK = Duration.ofMillis(1);

    private final ManualSandboxes sandboxes = new ManualSandboxes();
    private final ManualTimer timer = new ManualTimer();

    private WarmPool pool = pool(2, 2);

    private WarmPool pool(int workers, int warm) {
        var made = new WarmPool(sandboxes, new SimpleMeterRegistry(), timer, new LatestRandom());
        made.apply(TestSettings.of(workers, warm));
        return made;
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private void openWith(int workers, int warm) throws InterruptedException {
        pool = pool(workers, warm);
        pool.open();
        for (int i = 1; i <= warm; i++) {
            sandboxes.succeed();
            awaitWarm(i); // one after the other, so that they have an order
        }
    }

    private void awaitWarm(int warm) {
        await().untilAsserted(() -> assertThat(pool.state().warm()).isEqualTo(warm));
    }

    private void awaitStarting(int starting) {
        await().untilAsserted(() -> {
            assertThat(pool.state().starting()).isEqualTo(starting);
            assertThat(sandboxes.starting).hasValue(starting);
        });
    }

    @Test
    void leftoversAreDeletedBeforeTheFirstStart() throws Exception {
        pool.open();
        awaitStarting(2);
        assertThat(sandboxes.leftoversDeleted).hasValue(1);
        assertThat(pool.state().everWarm()).isFalse();
        sandboxes.succeed();
        awaitWarm(1);
        assertThat(pool.state().everWarm()).isTrue();
    }

    @Test
    void warmAndStartingOnesAreNeverMoreThanWanted() throws Exception {
        pool = pool(8, 3);
        pool.open();
        awaitStarting(3);
        sandboxes.succeed();
        awaitWarm(1);
        assertThat(pool.state().starting()).isEqualTo(2);
        Sandbox claimed = pool.claim("someone", NOT);
        awaitStarting(3); // nothing is warm, so the replacement does not wait
        claimed.close();
        assertThat(pool.state())
                .extracting(PoolState::warm, PoolState::starting)
                .containsExactly(0, 3);
    }

    @Test
    void noMoreStartsAtOnceThanWorkers() throws Exception {
        pool = pool(2, 5);
        pool.open();
        awaitStarting(2);
        sandboxes.succeed();
        awaitWarm(1);
        awaitStarting(2);
    }

    @Test
    void aReplacementWaitsForTheRunToEnd() throws Exception {
        openWith(2, 2);
        Sandbox claimed = pool.claim("someone", NOT);
        assertThat(pool.state())
                .extracting(PoolState::warm, PoolState::starting)
                .containsExactly(1, 0);
        claimed.close();
        awaitStarting(1);
    }

    @Test
    void butNotForALongOne() throws Exception {
        openWith(2, 2);
        Sandbox claimed = pool.claim("someone", NOT);
        timer.advance(ReplenishPlan.LONGEST_YIELD.minus(TICK));
        assertThat(pool.state().starting()).isZero();
        timer.advance(TICK);
        awaitStarting(1);
        claimed.close();
    }

    @Test
    void andNotWhenNothingIsLeft() throws Exception {
        openWith(2, 1);
        Sandbox claimed = pool.claim("someone", NOT);
        awaitStarting(1);
        claimed.close();
    }

    @Test
    void aClaimWaitsForOneThatIsStarting() throws Exception {
        pool.open();
        var claim = CompletableFuture.supplyAsync(() -> claimed(LONG));
        awaitStarting(2);
        assertThat(claim).isNotDone();
        sandboxes.succeed();
        assertThat(claim.get().name()).isEqualTo("fake-1");
    }

    @Test
    void whoComesFirstIsServedFirst() throws Exception {
        openWith(2, 2);
        assertThat(List.of(
                        pool.claim("someone", NOT).name(),
                        pool.claim("someone", NOT).name()))
                .containsExactlyElementsOf(names(sandboxes.started));
    }

    private static List<String> names(Iterable<FakeSandbox> sandboxes) {
        List<String> names = new ArrayList<>();
        sandboxes.forEach(sandbox -> names.add(sandbox.name()));
        return names;
    }

    @Test
    void aClaimThatFindsNoneSaysWhy() throws Exception {
        pool.open();
        sandboxes.fail(Reason.QUOTA);
        await().until(() -> pool.state().lastFailure().isPresent());
        assertThatThrownBy(() -> pool.claim("someone", TICK))
                .isInstanceOf(NoSandboxException.class)
                .hasMessage("no sandbox became warm within 1 ms: QUOTA: as the test wants it");
    }

    @Test
    void refusedRequestsHoldBackAllStartsForUpToFiveSeconds() throws Exception {
        failuresHoldBackStarts(Reason.API_SERVER, 100, 200, 400, 800, 1600, 3200, 5000, 5000);
    }

    @Test
    void podsMadeInVainHoldBackAllStartsForUpToTwoMinutes() throws Exception {
        failuresHoldBackStarts(
                Reason.IMAGE_PULL, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 102400, 120000, 120000);
    }

    private void failuresHoldBackStarts(Reason reason, long... millis) throws InterruptedException {
        pool = pool(4, 1);
        pool.open();
        for (long expectedMillis : millis) {
            sandboxes.fail(reason);
            awaitStarting(0);
            await().untilAsserted(() -> assertThat(pool.state().lastFailure()).isPresent());
            timer.advance(Duration.ofMillis(expectedMillis).minus(TICK));
            assertThat(pool.state().starting()).isZero();
            timer.advance(TICK);
            awaitStarting(1);
        }
        sandboxes.succeed();
        awaitWarm(1);
        assertThat(pool.state().lastFailure()).isEmpty();
    }

    @Test
    void whileNoneSucceedsOneIsTriedAtATime() throws Exception {
        pool = pool(4, 4);
        pool.open();
        awaitStarting(4);
        for (int i = 0; i < 4; i++) {
            sandboxes.fail(Reason.IMAGE_PULL);
        }
        awaitStarting(0);
        timer.advance(Duration.ofMillis(100)); // four that failed together failed once
        awaitStarting(1);
        sandboxes.succeed();
        awaitStarting(3);
    }

    @Test
    void aFailureIsKnownSinceItsReasonChanged() throws Exception {
        pool = pool(1, 1);
        pool.open();
        sandboxes.fail(Reason.QUOTA);
        awaitStarting(0);
        timer.advance(Duration.ofMillis(100));
        sandboxes.fail(Reason.QUOTA);
        awaitStarting(0);
        assertThat(pool.state().lastFailure().orElseThrow().since()).isEqualTo(Instant.EPOCH);
        timer.advance(Duration.ofMillis(200));
        sandboxes.fail(Reason.FORBIDDEN);
        awaitStarting(0);
        await().untilAsserted(() -> assertThat(pool.state().lastFailure().orElseThrow())
                .isEqualTo(new PoolState.StartFailure(
                        "a", Reason.FORBIDDEN, "as the test wants it", Instant.EPOCH.plusMillis(300))));
    }

    @Test
    void aLostOneIsClosedAndReplaced() throws Exception {
        openWith(2, 2);
        timer.advance(PoolInventory.YOUNG);
        FakeSandbox first = sandboxes.started.take();
        first.die();
        assertThat(first.closed).isTrue();
        awaitStarting(1);
        assertThat(pool.claim("someone", NOT).name()).isNotEqualTo(first.name());
    }

    @Test
    void oneThatIsLostYoungCountsAsAFailedStart() throws Exception {
        openWith(1, 1);
        sandboxes.started.take().die();
        assertThat(pool.state().starting()).isZero();
        assertThat(pool.state().lastFailure().orElseThrow().reason()).isEqualTo(Reason.ENDED_EARLY);
        timer.advance(Duration.ofMillis(100));
        awaitStarting(1);
    }

    @Test
    void aPoolKnowsForHowLongItHasHadNoSandbox() throws Exception {
        openWith(1, 1);
        timer.advance(PoolInventory.YOUNG);
        assertThat(pool.state().withoutSandbox()).isZero();
        sandboxes.started.take().die();
        timer.advance(TICK);
        assertThat(pool.state().withoutSandbox()).isEqualTo(TICK);
        sandboxes.succeed();
        awaitWarm(1);
        assertThat(pool.state().withoutSandbox()).isZero();

        timer.advance(TICK);
        ClaimedSandbox claimed = pool.claim("someone", NOT);
        timer.advance(TICK);
        assertThat(pool.state().withoutSandbox()).isZero();
        claimed.close();
        timer.advance(TICK);
        assertThat(pool.state().withoutSandbox()).isEqualTo(TICK);
    }

    @Test
    void sandboxesThatAreLostYoungAgainAndAgainWereNotThereForRuns() throws Exception {
        openWith(1, 1);
        timer.advance(PoolInventory.YOUNG.minus(TICK)); // the first one was there
        for (int losses = 1; losses <= 3; losses++) { // each start succeeds, so each loss is the first failure
            sandboxes.started.take().die();
            timer.advance(Duration.ofMillis(100));
            assertThat(pool.state().withoutSandbox()).isEqualTo(Duration.ofMillis(100L * losses));
            sandboxes.succeed();
            awaitWarm(1);
        }
        timer.advance(PoolInventory.YOUNG); // this one lasts
        sandboxes.started.take().die();
        assertThat(pool.state().withoutSandbox()).isZero();
    }

    @Test
    void oneThatDoesNotAnswerIsReplaced() throws Exception {
        openWith(1, 1);
        FakeSandbox only = sandboxes.started.take();
        await().untilAsserted(() -> {
            timer.advance(WarmPool.PING_EVERY.multipliedBy(3).dividedBy(2));
            assertThat(only.pings).hasPositiveValue();
        });
        assertThat(only.closed).isFalse();
        only.answers = false;
        await().untilAsserted(() -> {
            timer.advance(WarmPool.PING_EVERY.multipliedBy(3).dividedBy(2));
            assertThat(only.closed).isTrue();
        });
        awaitStarting(1);
    }

    @Test
    void aClosedPoolDeletesWhatIsWarmAndStopsWhatStarts() throws Exception {
        pool = pool(2, 2);
        pool.open();
        sandboxes.succeed();
        awaitWarm(1);
        var claim = CompletableFuture.runAsync(() -> {
            claimed(LONG);
            claimed(LONG);
        });
        await().untilAsserted(() -> assertThat(pool.state().running()).isEqualTo(1));
        pool.close();
        assertThat(claim).failsWithin(LONG).withThrowableThat().withStackTraceContaining("the pool is closed");
        assertThat(sandboxes.starting).hasValue(0);
        assertThat(sandboxes.started.take().closed).isFalse(); // it runs
        assertThat(pool.state())
                .extracting(PoolState::warm, PoolState::starting)
                .containsExactly(0, 0);
    }

    private Sandbox claimed(Duration atMost) {
        try {
            return pool.claim("someone", atMost);
        } catch (NoSandboxException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
