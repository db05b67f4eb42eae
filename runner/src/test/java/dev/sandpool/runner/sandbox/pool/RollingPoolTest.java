package dev.sandpool.runner.sandbox.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.sandbox.ManualTimer;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.Sandbox;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.TestSettings;
import dev.sandpool.runner.sandbox.pool.ManualSandboxes.FakeSandbox;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A pool whose settings change: its size, and what its sandboxes are. */
@Timeout(20)
class RollingPoolTest {
    private final ManualSandboxes sandboxes = new ManualSandboxes();
    private final ManualTimer timer = new ManualTimer();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final WarmPool pool = new WarmPool(sandboxes, registry, timer, new LatestRandom());

    @AfterEach
    void close() {
        pool.close();
    }

    private void openWith(PoolSettings settings) throws InterruptedException {
        pool.apply(settings);
        pool.open();
        for (int i = 1; i <= settings.rules().warmMax(); i++) {
            sandboxes.succeed(settings.revision().name());
            awaitWarm(Map.of(settings.revision().name(), i)); // one after the other, so that they have an order
        }
    }

    private void awaitWarm(Map<String, Integer> warmOf) {
        await().untilAsserted(() -> assertThat(pool.state().warmOf()).isEqualTo(warmOf));
    }

    private void awaitStarting(int starting) {
        await().untilAsserted(() -> assertThat(sandboxes.starting).hasValue(starting));
    }

    /** The candidate's first is warm, and has been for long enough. */
    private void prove(String revision) throws InterruptedException {
        sandboxes.succeed(revision);
        awaitStarting(0);
        made().getLast().awaitWatched(); // its time counts from now on
        assertThat(pool.state().starting()).isEqualTo(1);
        timer.advance(PoolInventory.YOUNG);
    }

    private List<FakeSandbox> made() {
        return new ArrayList<>(sandboxes.started);
    }

    @Test
    void aGoodCandidateTakesOverOneByOne() throws Exception {
        openWith(TestSettings.of("a", 2, 2, 3));
        pool.apply(TestSettings.of("b", 2, 2, 3));
        awaitStarting(1);
        assertThat(pool.state().revision()).contains("a");
        assertThat(pool.state().target()).contains("b");

        prove("b");

        awaitWarm(Map.of("a", 2, "b", 1));
        assertThat(pool.state().revision()).contains("b");
        assertThat(registry.get("sandpool.sandboxes.outdated").gauge().value()).isEqualTo(2);
        awaitStarting(1);
        sandboxes.succeed("b");
        awaitWarm(Map.of("a", 1, "b", 2));
        awaitStarting(1);
        sandboxes.succeed("b");
        awaitWarm(Map.of("b", 3));
        awaitStarting(0);
        await().untilAsserted(() -> assertThat(made())
                .filteredOn(sandbox -> sandbox.closed)
                .extracting(FakeSandbox::revision)
                .containsExactly("a", "a", "a"));
        assertThat(registry.get("sandpool.sandboxes.outdated").gauge().value()).isZero();
    }

    @Test
    void whoeverMakesSandboxesIsToldWhichRevisionsAreWanted() throws Exception {
        openWith(TestSettings.of("a", 2, 1, 1));
        assertThat(sandboxes.wanted).containsExactly("a");
        pool.apply(TestSettings.of("b", 2, 1, 1));
        assertThat(sandboxes.wanted).containsExactlyInAnyOrder("a", "b");
        pool.apply(TestSettings.of("c", 2, 1, 1));
        assertThat(sandboxes.wanted).containsExactlyInAnyOrder("a", "c");

        prove("c");

        assertThat(sandboxes.wanted).containsExactly("c");
    }

    @Test
    void whileACandidateIsTriedRunsGetTheOldOnesAndThoseAreReplaced() throws Exception {
        openWith(TestSettings.of("a", 2, 2, 2));
        pool.apply(TestSettings.of("b", 2, 2, 2));
        awaitStarting(1);
        Sandbox claimed = pool.claim("someone", Duration.ZERO);
        awaitStarting(2); // fewer than the floor: the run does not come first
        sandboxes.succeed("a");
        awaitWarm(Map.of("a", 2));
        claimed.close();
        sandboxes.fail("b", Reason.IMAGE_PULL);
        await().untilAsserted(() -> assertThat(pool.state().candidateFailure()).isPresent());
        assertThat(pool.state().lastFailure()).isEmpty();
    }

    @Test
    void aBadCandidateHarmsNobodyAndAGoodOneReplacesIt() throws Exception {
        openWith(TestSettings.of("a", 2, 1, 2));
        pool.apply(TestSettings.of("b", 2, 1, 2));
        sandboxes.fail("b", Reason.IMAGE_PULL);
        await().untilAsserted(() -> assertThat(pool.state().candidateFailure()).hasValueSatisfying(failure -> {
            assertThat(failure.revision()).isEqualTo("b");
            assertThat(failure.reason()).isEqualTo(Reason.IMAGE_PULL);
        }));
        timer.advance(Duration.ofMillis(100));
        sandboxes.fail("b", Reason.IMAGE_PULL); // tried again, more and more seldom
        Sandbox claimed = pool.claim("someone", Duration.ZERO);
        claimed.close();
        sandboxes.succeed("a"); // not held back by the candidate's failures
        awaitWarm(Map.of("a", 2));

        pool.apply(TestSettings.of("c", 2, 1, 2));

        assertThat(pool.state().candidateFailure()).isEmpty();
        prove("c");
        sandboxes.succeed("c");
        awaitWarm(Map.of("c", 2));
    }

    @Test
    void aCandidateThatIsReplacedIsDroppedWhereverItIs() throws Exception {
        openWith(TestSettings.of("a", 2, 1, 1));
        pool.apply(TestSettings.of("b", 2, 1, 1));
        awaitStarting(1);
        pool.apply(TestSettings.of("c", 2, 1, 1));
        sandboxes.succeed("c");
        await().until(() -> made().size() == 2);
        pool.apply(TestSettings.of("a", 2, 1, 1)); // c had yet to prove itself

        await().untilAsserted(() -> assertThat(made().getLast().closed).isTrue());
        awaitStarting(0);
        timer.advance(PoolInventory.YOUNG);
        assertThat(pool.state().warmOf()).isEqualTo(Map.of("a", 1));
        assertThat(pool.state().revision()).contains("a");
        assertThat(pool.state().target()).contains("a");
        assertThat(pool.state().candidateFailure()).isEmpty();
    }

    @Test
    void aCandidateWhoseSandboxesAreLostAtOnceDoesNotStart() throws Exception {
        openWith(TestSettings.of("a", 1, 1, 1));
        pool.apply(TestSettings.of("b", 1, 1, 1));
        sandboxes.succeed("b");
        await().until(() -> made().size() == 2 && sandboxes.starting.get() == 0);
        timer.advance(PoolInventory.YOUNG.minusMillis(1));
        FakeSandbox young = made().getLast();

        await().untilAsserted(() -> {
            young.die();
            assertThat(pool.state().candidateFailure())
                    .hasValueSatisfying(failure -> assertThat(failure.reason()).isEqualTo(Reason.ENDED_EARLY));
        });

        timer.advance(Duration.ofMillis(99));
        assertThat(pool.state().warmOf()).isEqualTo(Map.of("a", 1));
        assertThat(pool.state().revision()).contains("a");
        assertThat(young.closed).isTrue();
        timer.advance(Duration.ofMillis(1));
        awaitStarting(1);
    }

    @Test
    void aRunnerBeginsWithTheStableRevisionAndTriesTheOther() throws Exception {
        pool.apply(TestSettings.of("b", Optional.of("a"), 2, 1, 2));
        pool.open();
        awaitStarting(3);
        sandboxes.succeed("a");
        sandboxes.succeed("a");
        awaitWarm(Map.of("a", 2));
        assertThat(pool.state().everWarm()).isTrue();
        prove("b");
        sandboxes.succeed("b");
        awaitWarm(Map.of("b", 2));
    }

    @Test
    void aStableRevisionThatStartsNoMoreIsNoObstacle() throws Exception {
        pool.apply(TestSettings.of("b", Optional.of("a"), 1, 1, 1));
        pool.open();
        sandboxes.fail("a", Reason.IMAGE_PULL);
        prove("b");
        awaitWarm(Map.of("b", 1));
        assertThat(pool.state().lastFailure()).isEmpty();
    }

    @Test
    void withoutAStableRevisionTheWantedOneIsCurrentAtOnce() throws Exception {
        openWith(TestSettings.of("b", 1, 1, 1));
        assertThat(pool.state().revision()).contains("b");
    }

    @Test
    void thePoolGrowsAndShrinks() throws Exception {
        openWith(TestSettings.of("a", 2, 1, 2));
        pool.apply(TestSettings.of("a", 2, 2, 5));
        awaitStarting(2);
        pool.apply(TestSettings.of("a", 3, 2, 5));
        awaitStarting(3);
        assertThat(pool.state().workers()).isEqualTo(3);
        for (int i = 0; i < 3; i++) {
            sandboxes.succeed();
        }
        awaitWarm(Map.of("a", 5));

        pool.apply(TestSettings.of("a", 1, 1, 1));

        assertThat(pool.state().warmOf()).isEqualTo(Map.of("a", 1));
        await().untilAsserted(() ->
                assertThat(made()).filteredOn(sandbox -> sandbox.closed).hasSize(4));
        // The oldest went. Which of the three that started together is the youngest is for their threads to say.
        assertThat(pool.claim("someone", Duration.ZERO).name()).isIn("fake-3", "fake-4", "fake-5");
    }

    @Test
    void aRunKeepsTheSandboxThatItHasAndTheNextOneGetsTheOldest() throws Exception {
        openWith(TestSettings.of("a", 1, 1, 2));
        Sandbox claimed = pool.claim("someone", Duration.ZERO);
        pool.apply(TestSettings.of("b", 1, 1, 1));
        assertThat(pool.state().starting()).isZero(); // the run comes first
        timer.advance(ReplenishPlan.LONGEST_YIELD);
        prove("b");
        awaitWarm(Map.of("b", 1));
        FakeSandbox running = made().stream()
                .filter(sandbox -> sandbox.name().equals(claimed.name()))
                .findFirst()
                .orElseThrow();
        assertThat(running.closed).isFalse();
        claimed.close();
        assertThat(running.closed).isTrue();
    }

    @Test
    void withoutSettingsNothingStarts() throws Exception {
        pool.open();
        await().untilAsserted(() -> assertThat(sandboxes.leftoversDeleted).hasValue(1));
        assertThat(pool.state().starting()).isZero();
        assertThat(pool.limits()).isEmpty();
        pool.apply(TestSettings.of("a", 1, 1, 1));
        awaitStarting(1);
        assertThat(pool.limits()).contains(TestSettings.LIMITS);
    }
}
