package dev.sandpool.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sandpool.crds.RunCounts;
import dev.sandpool.crds.RunnerSettings;
import dev.sandpool.crds.SandboxPoolStatus;
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
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

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

    /** Where that is somebody else's, a person is told at once. */
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
    void whereTheNextPodTemplateIsRefusedAllElseGoesOnWithTheLast() {
        var pool = new TestingPool("");
        String first = pool.wanted();
        pool.act();
        pool.act();

        pool.spec("second", "workers: 7");
        PoolPlan plan = pool.tell();

        for (PoolPlan next : List.of(plan, pool.plan())) {
            assertThat(settings(next).revision()).isEqualTo(first);
            assertThat(settings(next).rules().workers()).isEqualTo(7);
            assertThat(images(next)).containsExactly(Samples.IMAGE);
            assertThat(next.obsolete()).isEmpty();
        }
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
    void aRevisionIsStableWhenEveryRunnerHasWarmSandboxesOfIt() {
        var pool = new TestingPool("replicas: 2");
        String revision = pool.wanted();

        pool.runners(TestingRunner.well("a", revision)).podsOf("b");
        assertThat(pool.act().status().stableRevision()).isNull(); // b has not told of itself
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

    @Test
    void aStableRevisionOutlivesAPoolWithoutRunners() {
        var pool = new TestingPool("");
        String stable = pool.wanted();
        pool.runners(TestingRunner.well("a", stable)).act();

        pool.spec("replicas: 0").gone("a").act();

        assertThat(pool.told().stableRevision()).isEqualTo(stable);
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

        assertThat(pool.told().retiredRuns()).isEqualTo(new RunCounts(10, 1, 2));
        assertThat(pool.told().runs()).isEqualTo(new RunCounts(15, 1, 2));
        assertThat(pool.seen().status().runners()).hasSize(1);
        pool.act();
        assertThat(pool.told().runs()).isEqualTo(new RunCounts(15, 1, 2));
    }

    @Test
    void theTotalOfRunsDoesNotGoDownWhenARunnerStartsAnew() {
        var pool = new TestingPool("").runners(TestingRunner.well("a", "r").runs(10, 1, 2));
        pool.act();

        pool.runners(TestingRunner.well("a", "r").runs(0, 0, 0)).act();
        assertThat(pool.told().runs()).isEqualTo(new RunCounts(10, 1, 2));
        pool.runners(TestingRunner.well("a", "r").runs(3, 1, 0)).act();

        assertThat(pool.told().runs()).isEqualTo(new RunCounts(13, 2, 2));
        assertThat(pool.told().retiredRuns()).isEqualTo(new RunCounts(10, 1, 2));
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
        // The second is what the runner was told to use, as far as it has said.
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

    @Test
    void theStatusIsTheOperatorsPartOnly() {
        var pool = new TestingPool("").runners(TestingRunner.well("a", "r"));
        PoolPlan plan = pool.act();

        assertThat(plan.status().runners()).isEmpty();
        assertThat(plan.isTold(pool.seen().status())).isTrue();
        assertThat(plan.isTold(SandboxPoolStatus.unknown())).isFalse();
    }

    static RunnerSettings settings(PoolPlan plan) {
        String json = only(plan, ConfigMap.class).getData().get(RunnerSettings.KEY);
        return new JsonMapper()
                .convertValue(Serialization.unmarshal(Objects.requireNonNull(json), Map.class), RunnerSettings.class);
    }

    private static List<String> images(PoolPlan plan) {
        return named(plan, "sandboximages");
    }

    private static List<String> named(PoolPlan plan, String resource) {
        return only(plan, Role.class).getRules().stream()
                .filter(rule -> rule.getResources().contains(resource))
                .flatMap(rule -> rule.getResourceNames().stream())
                .toList();
    }

    private static <T extends HasMetadata> T only(PoolPlan plan, Class<T> kind) {
        return plan.desired().stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .findFirst()
                .orElseThrow();
    }
}
