package dev.sandpool.operator.plan;

import static dev.sandpool.operator.plan.PlannedObjects.images;
import static dev.sandpool.operator.plan.PlannedObjects.settings;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.operator.Samples;
import dev.sandpool.operator.TestingPool;
import dev.sandpool.operator.TestingRunner;
import dev.sandpool.operator.objects.SandboxRevision;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which revision of a pool is stable, and which PodTemplates are kept. */
class PoolPlanRevisionsTest {
    @Test
    void whereTheNextPodTemplateIsRefusedAllElseGoesOnWithTheLast() {
        var pool = new TestingPool("");
        String first = pool.wanted();
        pool.act();
        pool.act();

        pool.spec("second", "workers: 7");
        PoolPlan plan = pool.write();

        for (PoolPlan next : List.of(plan, pool.plan())) {
            assertThat(settings(next).revision()).isEqualTo(first);
            assertThat(settings(next).rules().workers()).isEqualTo(7);
            assertThat(images(next)).containsExactly(Samples.IMAGE);
            assertThat(next.obsolete()).isEmpty();
        }
    }

    @Test
    void aRevisionIsStableWhenEveryRunnerHasWarmSandboxesOfIt() {
        var pool = new TestingPool("replicas: 2");
        String revision = pool.wanted();

        pool.runners(TestingRunner.well("a", revision)).podsOf("b");
        assertThat(pool.act().status().stableRevision()).isNull(); // b has not reported
        pool.runners(TestingRunner.well("b", revision).warm(1, 0));
        assertThat(pool.act().status().stableRevision()).isNull();
        pool.runners(TestingRunner.well("b", revision).of("other", revision));
        assertThat(pool.act().status().stableRevision()).isNull();
        pool.runners(TestingRunner.well("b", revision).of(revision, "other"));
        assertThat(pool.act().status().stableRevision()).isNull();
        pool.runners(TestingRunner.well("b", revision));

        PoolPlan plan = pool.act();

        assertThat(plan.status().stableRevision()).isEqualTo(revision);
        assertThat(settings(plan).stableRevision()).isEqualTo(revision);
    }

    @Test
    void theRevisionBeforeStaysStableWhileTheWantedOneDoesNotStart() {
        var pool = new TestingPool("");
        String before = pool.wanted();
        pool.runners(TestingRunner.well("a", before)).act();

        String wanted = pool.spec("broken", "").wanted();
        pool.runners(TestingRunner.well("a", before).of(before, wanted).failing(wanted, "ImagePull", "no"));
        pool.act(); // the PodTemplate
        PoolPlan plan = pool.act();

        assertThat(plan.status().revision()).isEqualTo(wanted).isNotEqualTo(before);
        assertThat(plan.status().stableRevision()).isEqualTo(before);
        assertThat(settings(plan).revision()).isEqualTo(wanted);
        assertThat(settings(plan).stableRevision()).isEqualTo(before);
    }

    /** Somebody deleted it, or a backup has brought the status back without it. */
    @Test
    void aStableRevisionWithoutItsPodTemplateIsNotNamedToRunners() {
        var pool = new TestingPool("");
        String before = pool.wanted();
        pool.runners(TestingRunner.well("a", before)).act();
        String wanted = pool.spec("second", "").wanted();
        pool.act(); // the PodTemplate
        pool.withoutTemplate("go-" + before);

        PoolPlan plan = pool.plan();

        assertThat(settings(plan).revision()).isEqualTo(wanted);
        assertThat(settings(plan).stableRevision()).isNull();
        assertThat(images(plan)).containsExactly("second");
    }

    @Test
    void aStableRevisionOutlivesAPoolWithoutRunners() {
        var pool = new TestingPool("");
        String stable = pool.wanted();
        pool.runners(TestingRunner.well("a", stable)).act();

        pool.spec("replicas: 0").gone("a").act();

        assertThat(pool.status().stableRevision()).isEqualTo(stable);
    }

    @Test
    void aTemplateIsKeptWhileItIsWantedStableOrARunnersAndDeletedThen() {
        var pool = new TestingPool("");
        String first = pool.wanted();
        pool.runners(TestingRunner.well("a", first)).act();
        String second = pool.spec("second", "").wanted();
        pool.runners(TestingRunner.well("a", first).of(first, second).warm(2, 0))
                .act();
        String third = pool.spec("third", "").wanted();

        pool.act(); // the PodTemplate
        // The second is the revision of the latest settings that the runner has reported.
        PoolPlan plan = pool.act();
        assertThat(pool.templates()).containsExactlyInAnyOrder("go-" + first, "go-" + second, "go-" + third);
        assertThat(images(plan)).containsExactly(Samples.IMAGE, "second", "third");

        pool.runners(TestingRunner.well("a", first).of(first, third).warm(2, 0)).act();
        assertThat(pool.templates()).containsExactlyInAnyOrder("go-" + first, "go-" + third);

        plan = pool.runners(TestingRunner.well("a", third)).act();
        assertThat(pool.templates()).containsExactly("go-" + third);
        assertThat(images(plan)).containsExactly("third");
    }

    @Test
    void aRunnerThatIsGoneKeepsNoTemplate() {
        var pool = new TestingPool("");
        var old = Samples.pool("old", "");
        pool.template(SandboxRevision.of(old).podTemplate(old))
                .runners(TestingRunner.well("a", Samples.revision(old)))
                .gone("a");

        pool.act();
        pool.act();

        assertThat(pool.templates()).containsExactly("go-" + pool.wanted());
    }

    @Test
    void aTemplateOfTheWantedRevisionIsMadeAgainAsItShouldBe() {
        var pool = new TestingPool("");
        var changed = SandboxRevision.of(Samples.pool("")).podTemplate(Samples.pool(""));
        changed.getTemplate().getSpec().getContainers().getFirst().setImage("by-hand");
        pool.template(changed);

        assertThat(images(pool.plan())).containsExactly(Samples.IMAGE);
    }
}
