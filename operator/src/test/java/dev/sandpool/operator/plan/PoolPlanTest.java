package dev.sandpool.operator.plan;

import static dev.sandpool.operator.plan.PlannedObjects.images;
import static dev.sandpool.operator.plan.PlannedObjects.named;
import static dev.sandpool.operator.plan.PlannedObjects.only;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.RunCounts;
import dev.sandpool.operator.Samples;
import dev.sandpool.operator.TestingPool;
import dev.sandpool.operator.TestingRunner;
import dev.sandpool.operator.cluster.Refusal;
import dev.sandpool.operator.objects.SandboxRevision;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.rbac.Role;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which objects a pool should have, and which of them have to wait. */
class PoolPlanTest {
    @Test
    void aNewPoolGetsAllThatARunnerNeedsBeforeTheRunners() {
        var pool = new TestingPool("");
        pool.act();
        PoolPlan plan = pool.plan();

        assertThat(plan.isPartial()).isFalse();
        assertThat(plan.desired().stream()
                        .map(object ->
                                object.getKind() + "/" + object.getMetadata().getName()))
                .containsExactly(
                        "PodTemplate/go-" + plan.status().revision(),
                        "ServiceAccount/go-sandbox",
                        "ServiceAccount/go-sandpool-runner",
                        "Role/go-sandpool-runner",
                        "RoleBinding/go-sandpool-runner",
                        "NetworkPolicy/go-sandbox",
                        "NetworkPolicy/go-runner",
                        "ConfigMap/go-runner",
                        "Service/go",
                        "PodDisruptionBudget/go-runner",
                        "Deployment/go-runner");
        assertThat(plan.obsolete()).isEmpty();
    }

    /** Where that is somebody else's, the status says it at once. */
    @Test
    void whatHasToWaitIsKnown() {
        var pool = new TestingPool("").withoutAccount();
        assertThat(pool.plan().later(Samples.pool(""), Samples.INSTALLATION))
                .extracting(
                        object -> object.getKind() + "/" + object.getMetadata().getName())
                .containsExactly("ConfigMap/go-runner", "Deployment/go-runner");
        pool.act();
        assertThat(pool.plan().later(Samples.pool(""), Samples.INSTALLATION))
                .extracting(HasMetadata::getKind)
                .containsExactly("Deployment");
        assertThat(new TestingPool("paused: true").plan().later(Samples.pool("paused: true"), Samples.INSTALLATION))
                .isEmpty();
    }

    @Test
    void theRunnersFollowAsSoonAsTheirAccountIsSeen() {
        assertThat(new TestingPool("").withoutAccount().plan().desired())
                .isNotEmpty()
                .noneMatch(Deployment.class::isInstance);
    }

    @Test
    void nothingNamesAPodTemplateThatIsNotSeen() {
        var pool = new TestingPool("");

        PoolPlan plan = pool.plan();

        assertThat(plan.isPartial()).isTrue();
        assertThat(plan.desired()).noneMatch(ConfigMap.class::isInstance);
        // What is left out follows soon; not, however, while what it waits for is refused.
        assertThat(plan.goesOnSoon(List.of())).isTrue();
        assertThat(plan.goesOnSoon(List.of(new Refusal("Service go", "taken", false))))
                .isTrue();
        assertThat(plan.goesOnSoon(List.of(new Refusal("PodTemplate go-1", "no", false))))
                .isFalse();
        assertThat(only(plan, Role.class).getRules())
                .noneMatch(rule -> rule.getVerbs().contains("use"))
                .noneMatch(rule -> rule.getResources().contains("podtemplates"));
        pool.act();
        assertThat(pool.plan().isPartial()).isFalse();
        assertThat(pool.plan().goesOnSoon(List.of())).isFalse();
        assertThat(images(pool.plan())).containsExactly(Samples.IMAGE);
    }

    @Test
    void theServiceLeadsToRunnersThatAreNotReadyOnlyWhereNoneIs() {
        assertThat(publishesUnready(new TestingPool("").runnersReady(false))).isTrue();
        // Not false: the API server would drop it, and it would be written for ever.
        assertThat(publishesUnready(new TestingPool("").runnersReady(true))).isNull();
    }

    private static @Nullable Boolean publishesUnready(TestingPool pool) {
        return pool.plan().desired().stream()
                .filter(Service.class::isInstance)
                .map(Service.class::cast)
                .map(service -> service.getSpec().getPublishNotReadyAddresses())
                .toList()
                .getFirst();
    }

    @Test
    void theRoleNamesTheRuntimeClassesOfAllKeptTemplates() {
        var pool = new TestingPool("");
        pool.runners(TestingRunner.well("a", pool.wanted())).act();

        pool.spec("runtimeClassName: other").act();
        PoolPlan plan = pool.plan();

        assertThat(named(plan, "runtimeclasses")).containsExactly("gvisor", "other");
    }

    @Test
    void theRoleNamesASeccompProfileOnlyWhereGvisorIsEmbeddedAndBothKindsWhileOneGivesWayToTheOther() {
        var pool = new TestingPool("");
        assertThat(named(pool.plan(), "seccompprofiles")).isEmpty();
        pool.runners(TestingRunner.well("a", pool.wanted())).act();

        pool.spec("isolation: Embedded, embedded: {seccompProfile: {type: Unconfined}}")
                .act();
        assertThat(named(pool.plan(), "seccompprofiles")).containsExactly("Unconfined");
        assertThat(named(pool.plan(), "runtimeclasses")).containsExactly("gvisor");

        pool.runners(TestingRunner.well("a", pool.wanted())).act();
        pool.spec("isolation: Embedded").act();
        assertThat(named(pool.plan(), "seccompprofiles"))
                .containsExactly("Localhost/sandpool/embedded.json", "Unconfined");
    }

    @Test
    void aPausedPoolIsLeftAsItIsAndStillToldOf() {
        var pool = new TestingPool("");
        String held = pool.wanted();
        pool.runners(TestingRunner.well("a", held)).deployed(1, 1, 1).act();
        var old = Samples.pool("old", "");
        pool.template(SandboxRevision.of(old).podTemplate(old));

        pool.spec("other", "paused: true, replicas: 2")
                .runners(TestingRunner.well("a", held).runs(7, 0, 0));
        PoolPlan plan = pool.swept(1).act();

        assertThat(plan.desired()).isEmpty();
        assertThat(plan.obsolete()).isEmpty();
        assertThat(plan.status().revision()).isEqualTo(held);
        assertThat(plan.status().stableRevision()).isEqualTo(held);
        assertThat(plan.status().observedGeneration()).isEqualTo(2);
        assertThat(plan.status().runs()).isEqualTo(new RunCounts(7, 0, 0));
        assertThat(plan.status().leaksCleaned()).isEqualTo(1);
    }

    @Test
    void aPoolGoesOnWithItsSpecWhenItIsPausedNoMore() {
        var pool = new TestingPool("");
        pool.runners(TestingRunner.well("a", pool.wanted())).act();
        pool.spec("other", "paused: true").act();

        PoolPlan plan = pool.spec("other", "").act();

        assertThat(plan.status().revision()).isEqualTo(pool.wanted());
        assertThat(plan.desired()).isNotEmpty();
    }
}
