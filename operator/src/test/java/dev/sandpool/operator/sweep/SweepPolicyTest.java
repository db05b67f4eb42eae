package dev.sandpool.operator.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.operator.Samples;
import dev.sandpool.operator.sweep.SweepVerdict.Reason;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SweepPolicyTest {
    private static final ResourceID POOL = new ResourceID(Samples.POOL, Samples.NAMESPACE);
    private static final ResourceID RUNNER = new ResourceID("runner-1", Samples.NAMESPACE);
    private static final Instant NOW = Samples.NOW;

    private SandboxPool pool = poolWhereRunnerLives("life", NOW.minus(Duration.ofHours(1)));
    private Map<ResourceID, SweepPolicy.RunnerPod> runners =
            Map.of(RUNNER, new SweepPolicy.RunnerPod("uid-of-runner-1", POOL));
    private Optional<Set<String>> nodes = Optional.of(Set.of("node"));
    private final PodBuilder sandbox = Samples.sandbox("s");
    private boolean poolIsThere = true;

    @Test
    void aSandboxOfALiveRunnerIsKept() {
        assertKept();
    }

    @Test
    void whatEndedAWhileAgoIsSwept() {
        ended("Succeeded", NOW.minusSeconds(16));

        assertUnwanted(Reason.FINISHED, "it ended at 2026-03-01T11:59:44Z");
    }

    @Test
    void whatEndedJustNowIsItsRunnersToDelete() {
        ended("Failed", NOW.minusSeconds(14));

        assertKept();
    }

    @Test
    void whatEndedIsSweptThoughAllElseOfItIsWell() {
        ended("Failed", NOW.minusSeconds(16));
        runners = Map.of();

        assertUnwanted(Reason.FINISHED, "it ended at 2026-03-01T11:59:44Z");
    }

    @Test
    void aSandboxOfNoPoolIsSwept() {
        labels(PoolLabels.POOL, "other");

        assertUnwanted(Reason.POOL_GONE, "there is no pool other");
    }

    @Test
    void aSandboxOfADeletedPoolIsItsRunnersAsLongAsThatDrains() {
        poolIsThere = false;

        assertKept();
    }

    @Test
    void aPoolOfAnotherNamespaceIsAnotherPool() {
        sandbox.editMetadata().withNamespace("elsewhere").endMetadata();

        assertUnwanted(Reason.POOL_GONE, "there is no pool go");
    }

    @Test
    void aPodMadeByHandWithThePoolsLabelsIsSwept() {
        sandbox.editMetadata().withOwnerReferences().endMetadata();

        assertUnwanted(Reason.NOT_MADE_BY_A_RUNNER, "no runner is named in it as its owner");
    }

    @Test
    void aPodThatNamesNoLifeIsSwept() {
        labels(PoolLabels.RUNNER_LIFE, "");

        assertUnwanted(Reason.NOT_MADE_BY_A_RUNNER, "no runner is named in it as its owner");
    }

    @Test
    void aPodThatAnotherPoolsRunnerOwnsIsSwept() {
        runners = Map.of(
                RUNNER, new SweepPolicy.RunnerPod("uid-of-runner-1", new ResourceID("other", Samples.NAMESPACE)));

        assertUnwanted(Reason.NOT_MADE_BY_A_RUNNER, "runner-1 is no runner of its pool");
    }

    @Test
    void aSandboxWhoseRunnerIsGoneIsSwept() {
        runners = Map.of();

        assertUnwanted(Reason.RUNNER_GONE, "its runner runner-1 is gone");
    }

    @Test
    void anotherPodOfTheSameNameIsNotItsRunner() {
        runners = Map.of(RUNNER, new SweepPolicy.RunnerPod("another", POOL));

        assertUnwanted(Reason.RUNNER_GONE, "its runner runner-1 is gone");
    }

    @Test
    void aSandboxOfARunnersEarlierLifeIsSwept() {
        pool = poolWhereRunnerLives("next", NOW.minusSeconds(60));

        assertUnwanted(Reason.RUNNER_RESTARTED, "its runner runner-1 has started anew since");
    }

    @Test
    void aSandboxOfALifeThatHasNotBeenToldYetIsKept() {
        // The entry is of the life before: the pod was made since.
        created(NOW.minusSeconds(30));
        pool = poolWhereRunnerLives("before", NOW.minusSeconds(60));

        assertKept();
    }

    @Test
    void aClockThatIsAFewSecondsOffMakesNoSandboxOneOfAnEarlierLife() {
        created(NOW.minusSeconds(64));
        pool = poolWhereRunnerLives("before", NOW.minusSeconds(60));

        assertKept();
    }

    @Test
    void aSandboxOfARunnerThatHasToldNothingYetIsKept() {
        pool.setStatus(Samples.status(""));
        assertKept();

        pool = Samples.pool("");
        assertKept();
    }

    @Test
    void aSandboxOnANodeThatIsGoneIsSwept() {
        nodes = Optional.of(Set.of("another"));

        assertUnwanted(Reason.NODE_GONE, "there is no node node");
    }

    @Test
    void nothingIsSaidOfNodesThatCouldNotBeListed() {
        nodes = Optional.empty();

        assertKept();
    }

    @Test
    void aSandboxThatWaitsForItsNodeIsOnNone() {
        sandbox.editSpec().withNodeName(null).endSpec();
        nodes = Optional.of(Set.of());

        assertKept();
    }

    @Test
    void whatTheKubeletShouldHaveEndedIsSwept() {
        sandbox.editSpec().withActiveDeadlineSeconds(500L).endSpec();

        assertUnwanted(Reason.TOO_OLD, "it is older than 500 s"); // 600 s and a grace period
        sandbox.editSpec().withActiveDeadlineSeconds(590L).endSpec();
        assertKept();
    }

    @Test
    void whatDoesNotStartInTwiceItsTimeIsSwept() {
        sandbox.editStatus().withPhase("Pending").endStatus();
        created(NOW.minusSeconds(76)); // 30 s twice, and a grace period

        assertUnwanted(Reason.NEVER_WARM, "it did not start in 60 s");
        created(NOW.minusSeconds(74));
        assertKept();
    }

    @ParameterizedTest
    @CsvSource({"PodScheduled, False", "PodReadyToStartContainers, True"})
    void whatWaitsForANodeOrItsImageHasHalfAnHour(String condition, String status) {
        sandbox.editStatus()
                .withPhase("Pending")
                .addNewCondition()
                .withType(condition)
                .withStatus(status)
                .endCondition()
                .endStatus();
        created(NOW.minusSeconds(1814));
        assertKept();
        created(NOW.minusSeconds(1816));
        assertUnwanted(Reason.NEVER_WARM, "it did not start in 1800 s");
    }

    @Test
    void nothingIsSweptInItsGracePeriod() {
        pool = Samples.pool("");
        runners = Map.of();
        nodes = Optional.of(Set.of());
        sandbox.editMetadata().withOwnerReferences().endMetadata();
        ended("Failed", NOW.minusSeconds(14));

        created(NOW.minusSeconds(14));
        assertKept();
        created(NOW.plusSeconds(60)); // by an API server whose clock is ahead
        assertKept();
    }

    @Test
    void whatIsBeingDeletedIsLeftAloneAndReportedWhenItDoesNotGo() {
        runners = Map.of();
        sandbox.editMetadata()
                .withDeletionTimestamp(NOW.minusSeconds(90).toString())
                .endMetadata();
        assertKept();

        sandbox.editMetadata()
                .withDeletionTimestamp(NOW.minusSeconds(91).toString())
                .endMetadata();
        assertThat(verdict()).isEqualTo(new SweepVerdict.Stuck());
    }

    @Test
    void reasonsAreLabelValuesOfAMetric() {
        assertThat(Reason.values())
                .extracting(Reason::label)
                .containsExactly(
                        "finished",
                        "pool_gone",
                        "not_made_by_a_runner",
                        "runner_gone",
                        "runner_restarted",
                        "node_gone",
                        "too_old",
                        "never_warm");
    }

    private void assertKept() {
        assertThat(verdict()).isEqualTo(new SweepVerdict.Keep());
    }

    private void assertUnwanted(Reason reason, String detail) {
        assertThat(verdict()).isEqualTo(new SweepVerdict.Unwanted(reason, detail));
    }

    private SweepVerdict verdict() {
        return new SweepPolicy(poolIsThere ? Map.of(POOL, pool) : Map.of(), runners, nodes)
                .verdict(SeenSandbox.of(sandbox.build()), NOW);
    }

    private void created(Instant time) {
        sandbox.editMetadata().withCreationTimestamp(time.toString()).endMetadata();
    }

    private void labels(String key, String value) {
        sandbox.editMetadata().addToLabels(key, value).endMetadata();
    }

    private void ended(String phase, Instant time) {
        sandbox.editStatus()
                .withPhase(phase)
                .addNewContainerStatus()
                .withNewState()
                .withNewTerminated()
                .withFinishedAt(time.toString())
                .endTerminated()
                .endState()
                .endContainerStatus()
                .endStatus();
    }

    private static SandboxPool poolWhereRunnerLives(String life, Instant since) {
        SandboxPool pool = Samples.pool("");
        pool.setStatus(Samples.status(
                "runners: [{name: other, life: x, lifeSince: '%s'}, {name: runner-1, life: %s, lifeSince: '%s'}]"
                        .formatted(NOW, life, since)));
        return pool;
    }
}
