package dev.sandpool.operator.plan;

import static dev.sandpool.operator.plan.PlannedObjects.settings;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.RunCounts;
import dev.sandpool.crds.SandboxPoolStatus;
import dev.sandpool.operator.TestingPool;
import dev.sandpool.operator.TestingRunner;
import org.junit.jupiter.api.Test;

/** What the status of a pool says of its runners and their runs. */
class PoolPlanStatusTest {
    @Test
    void aNewPoolsStatusSaysWhatIsWantedAndThatNothingIsThere() {
        var pool = new TestingPool("replicas: 2");

        SandboxPoolStatus status = pool.plan().status();

        assertThat(status.observedGeneration()).isEqualTo(1);
        assertThat(status.replicas()).isZero();
        assertThat(status.ready()).isEqualTo("0/2");
        assertThat(status.selector()).isEqualTo("sandpool.dev/pool=go,sandpool.dev/role=runner");
        assertThat(status.revision()).isEqualTo(pool.wanted());
        assertThat(status.stableRevision()).isNull();
        assertThat(status.runs()).isEqualTo(RunCounts.NONE);
        assertThat(status.leaksCleaned()).isZero();
        assertThat(status.runners()).isEmpty();
        pool.act();
        assertThat(settings(pool.plan()).stableRevision()).isNull();
    }

    @Test
    void theStatusSumsUpTheLiveRunners() {
        var pool = new TestingPool("replicas: 3").deployed(3, 3, 2);
        pool.runners(
                        TestingRunner.well("a", "r").running(1).runs(10, 2, 1),
                        TestingRunner.well("b", "r").warm(5, 0).runs(20, 0, 3),
                        TestingRunner.well("dead", "r").warm(50, 50))
                .gone("dead")
                .swept(4);

        SandboxPoolStatus status = pool.plan().status();

        assertThat(status.replicas()).isEqualTo(3);
        assertThat(status.readyReplicas()).isEqualTo(2);
        assertThat(status.ready()).isEqualTo("2/3");
        assertThat(status.warm()).isEqualTo(7);
        assertThat(status.warmWanted()).isEqualTo(4);
        assertThat(status.kept()).isEqualTo(2);
        assertThat(status.running()).isEqualTo(1);
        assertThat(status.queued()).isEqualTo(6);
        assertThat(status.capacity()).isEqualTo(4);
        assertThat(status.runs()).isEqualTo(new RunCounts(30, 2, 4));
        assertThat(status.leaksCleaned()).isEqualTo(4);
    }

    @Test
    void theRunsOfARunnerThatIsGoneAreRetiredAndNotLost() {
        var pool = new TestingPool("replicas: 2")
                .runners(
                        TestingRunner.well("a", "r").runs(10, 1, 2),
                        TestingRunner.well("b", "r").runs(5, 0, 0));
        pool.act();

        pool.gone("a");
        pool.act();

        assertThat(pool.status().retiredRuns()).isEqualTo(new RunCounts(10, 1, 2));
        assertThat(pool.status().runs()).isEqualTo(new RunCounts(15, 1, 2));
        assertThat(pool.seen().status().runners()).hasSize(1);
        pool.act();
        assertThat(pool.status().runs()).isEqualTo(new RunCounts(15, 1, 2));
    }

    @Test
    void theTotalOfRunsDoesNotGoDownWhenARunnerStartsAnew() {
        var pool = new TestingPool("").runners(TestingRunner.well("a", "r").runs(10, 1, 2));
        pool.act();

        pool.runners(TestingRunner.well("a", "r").runs(0, 0, 0)).act();
        assertThat(pool.status().runs()).isEqualTo(new RunCounts(10, 1, 2));
        pool.runners(TestingRunner.well("a", "r").runs(3, 1, 0)).act();

        assertThat(pool.status().runs()).isEqualTo(new RunCounts(13, 2, 2));
        assertThat(pool.status().retiredRuns()).isEqualTo(new RunCounts(10, 1, 2));
    }

    @Test
    void theStatusIsTheOperatorsPartOnly() {
        var pool = new TestingPool("").runners(TestingRunner.well("a", "r"));
        PoolPlan plan = pool.act();

        assertThat(plan.status().runners()).isEmpty();
        assertThat(plan.isWritten(pool.seen().status())).isTrue();
        assertThat(plan.isWritten(SandboxPoolStatus.unknown())).isFalse();
    }
}
