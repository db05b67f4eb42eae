package dev.sandpool.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.operator.Samples;
import dev.sandpool.operator.TestingPool;
import dev.sandpool.operator.TestingRunner;
import dev.sandpool.operator.cluster.PoolEvent;
import org.junit.jupiter.api.Test;

class PoolEventsTest {
    private final TestingPool pool = new TestingPool("");
    private final String first = pool.wanted();

    @Test
    void aNewPoolIsCreatedOnce() {
        assertThat(pool.act().events())
                .containsExactly(PoolEvent.normal(
                        "Created",
                        "Create",
                        "Creating 1 runner with sandboxes of revision %s (image %s)".formatted(first, Samples.IMAGE)));
        assertThat(pool.act().events()).isEmpty();
    }

    @Test
    void itIsToldFromHowManyToHowManyRunnersAPoolIsScaled() {
        serve();

        assertThat(pool.spec("replicas: 3").act().scaling())
                .contains(PoolEvent.normal("Scaled", "Scale", "From 1 to 3 runners"));
        assertThat(pool.act().scaling()).isEmpty();
        assertThat(pool.spec("replicas: 0").act().scaling())
                .contains(PoolEvent.normal("Scaled", "Scale", "From 3 to 0 runners"));
    }

    @Test
    void whileItsDeploymentIsRefusedAPoolIsStillToBeScaled() {
        serve();

        assertThat(pool.spec("replicas: 3").plan().scaling()).isPresent();
        assertThat(pool.plan().scaling()).isPresent();
    }

    @Test
    void aPausedPoolIsNotScaled() {
        serve();

        assertThat(pool.spec("replicas: 3, paused: true").plan().scaling()).isEmpty();
    }

    @Test
    void aRevisionChangesAndIsRolled() {
        serve();

        String second = pool.spec("second", "").wanted();
        assertThat(pool.act().events())
                .containsExactly(PoolEvent.normal(
                        "RevisionChanged",
                        "Roll",
                        "Sandboxes change from revision %s to %s (image second)".formatted(first, second)));
        assertThat(pool.runners(TestingRunner.well("a", first).of(first, second).warm(2, 0))
                        .act()
                        .events())
                .isEmpty();
        assertThat(pool.runners(TestingRunner.well("a", second)).act().events())
                .containsExactly(
                        PoolEvent.normal("RevisionRolled", "Roll", "Every runner has taken up revision " + second));
        assertThat(pool.act().events()).isEmpty();
    }

    @Test
    void theFirstRevisionIsNotRolledFromAnother() {
        pool.act();

        assertThat(pool.runners(TestingRunner.well("a", first)).act().events()).isEmpty();
    }

    @Test
    void itIsToldOnceForEachReasonThatSandboxesDoNotStartAndThatTheyDoAgain() {
        serve();

        assertThat(pool.runners(TestingRunner.well("a", first).failing(first, "ImagePull", "no such image"))
                        .act()
                        .events())
                .containsExactly(PoolEvent.warning(
                        "SandboxesNotStartable", "Start", "ImagePull: a: revision " + first + ": no such image"));
        assertThat(pool.runners(TestingRunner.well("a", first).failing(first, "ImagePull", "still no such image"))
                        .act()
                        .events())
                .isEmpty();
        assertThat(pool.runners(TestingRunner.well("a", first).failing(first, "Quota", "too many"))
                        .act()
                        .events())
                .extracting(PoolEvent::reason)
                .containsExactly("SandboxesNotStartable");
        assertThat(pool.runners(TestingRunner.well("a", first)).act().events())
                .containsExactly(PoolEvent.normal("SandboxesStartable", "Start", "Sandboxes start again"));
        assertThat(pool.act().events()).isEmpty();
    }

    @Test
    void aChangeOfTheFailingRevisionIsNewsThoughTheReasonStays() {
        serve();
        pool.runners(TestingRunner.well("a", first).failing(first, "ImagePull", "no such image"))
                .act();

        assertThat(pool.runners(TestingRunner.well("a", first).failing("other", "ImagePull", "no such image"))
                        .act()
                        .events())
                .extracting(PoolEvent::reason)
                .containsExactly("SandboxesNotStartable");
        assertThat(pool.status().failingRevision()).isEqualTo("other");
        pool.runners(TestingRunner.well("a", first)).act();
        assertThat(pool.status().failingRevision()).isNull();
    }

    @Test
    void aRefusedObjectIsToldOnceForEachReason() {
        serve();

        assertThat(pool.refused("port is already allocated").act().events())
                .containsExactly(PoolEvent.warning("ObjectsRefused", "Apply", "Service go: port is already allocated"));
        assertThat(pool.act().events()).isEmpty();
        assertThat(pool.refused("denied by a policy").act().events())
                .containsExactly(PoolEvent.warning("ObjectsRefused", "Apply", "Service go: denied by a policy"));
        assertThat(pool.refused("").act().events()).isEmpty();
    }

    @Test
    void itIsNoNewsThatSandboxesOfANewPoolStart() {
        pool.act();

        assertThat(pool.runners(TestingRunner.well("a", first)).act().events()).isEmpty();
    }

    @Test
    void aPoolIsPausedAndResumed() {
        serve();

        assertThat(pool.spec("other", "paused: true, replicas: 9").act().events())
                .containsExactly(PoolEvent.normal("Paused", "Pause", "The pool's objects are left as they are"));
        assertThat(pool.act().events()).isEmpty();
        assertThat(pool.spec("").act().events())
                .containsExactly(PoolEvent.normal("Resumed", "Resume", "The pool's objects follow its spec again"));
        assertThat(pool.act().events()).isEmpty();
    }

    private void serve() {
        pool.act();
        pool.runners(TestingRunner.well("a", first)).deployed(1, 1, 1).act();
    }
}
