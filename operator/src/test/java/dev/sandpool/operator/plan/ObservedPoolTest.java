package dev.sandpool.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import dev.sandpool.operator.Samples;
import dev.sandpool.operator.TestingPool;
import dev.sandpool.operator.TestingRunner;
import org.junit.jupiter.api.Test;

class ObservedPoolTest {
    private static final TestingRunner RUNNER = TestingRunner.well("a", Samples.revision(Samples.pool("")));

    private final ObservedPool seen = pool().runners(RUNNER).seen();

    private static TestingPool pool() {
        return new TestingPool("").deployed(1, 1, 1);
    }

    /** The pool as the API server returns it for a write of the operator's part of the status, whatever others did before. */
    private static SandboxPool written(TestingPool now) {
        SandboxPool pool = now.seen().pool();
        SandboxPoolStatus status = now.plan().status();
        pool.setStatus(status.with(pool.getStatus().runners(), status.conditions()));
        return pool;
    }

    @Test
    void itsOwnWriteDoesNotOvertakeIt() {
        assertThat(seen.isOvertakenBy(written(pool().runners(RUNNER)))).isFalse();
    }

    @Test
    void aChangeOfTheSpecOvertakesIt() {
        assertThat(seen.isOvertakenBy(written(pool().runners(RUNNER).spec("replicas: 2"))))
                .isTrue();
    }

    @Test
    void whatARunnerSaysOvertakesIt() {
        assertThat(seen.isOvertakenBy(written(pool().runners(RUNNER.warm(1, 1)))))
                .isTrue();
    }

    @Test
    void anEmptyStatusIsNoChangeOfOthers() {
        ObservedPool fresh = pool().seen();
        fresh.pool().setStatus(null);

        assertThat(fresh.isOvertakenBy(written(pool()))).isFalse();
    }
}
