package dev.sandpool.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.SandboxPoolStatus;
import dev.sandpool.operator.Samples;
import dev.sandpool.operator.TestingPool;
import dev.sandpool.operator.TestingRunner;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PoolConditionsTest {
    private static final String R = new TestingPool("").wanted();
    private static final String OLD = "0000000000";

    private static Arguments ready(String status, String reason, String message, TestingPool pool) {
        return Arguments.of("Ready", status, reason, message, pool);
    }

    static Stream<Arguments> ready() {
        return Stream.of(
                ready(
                        "True",
                        "PoolReady",
                        "1 of 1 runners are ready",
                        new TestingPool("").deployed(1, 1, 1).runners(TestingRunner.well("a", R))),
                ready(
                        "True",
                        "PoolReady",
                        "1 of 1 runners are ready", // all sandboxes are busy
                        new TestingPool("")
                                .deployed(1, 1, 1)
                                .runners(TestingRunner.well("a", R).warm(0, 0).running(2))),
                ready(
                        "True",
                        "PoolReady",
                        "1 of 1 runners are ready", // it has not reported, but the kubelet found it ready
                        new TestingPool("").deployed(1, 1, 1).podsOf("a")),
                ready(
                        "False",
                        "ObjectsRefused",
                        "1 of 1 runners are ready; Service go: port is already allocated",
                        new TestingPool("")
                                .deployed(1, 1, 1)
                                .runners(TestingRunner.well("a", R))
                                .refused("port is already allocated")),
                ready("False", "NoRunners", "spec.replicas is 0: nobody serves", new TestingPool("replicas: 0")),
                ready("False", "RunnersNotReady", "0 of 1 runners are ready", new TestingPool("")),
                ready(
                        "False",
                        "RunnersNotReady",
                        "1 of 2 runners are ready; b: ImagePullBackOff: not found",
                        new TestingPool("replicas: 2")
                                .deployed(2, 2, 1)
                                .podsOf("a", "b")
                                .troubles("b: ImagePullBackOff: not found")),
                ready(
                        "False",
                        "RunnersNotReady",
                        "0 of 1 runners are ready; a: revision " + R + ": no such image",
                        new TestingPool("")
                                .deployed(1, 1, 0)
                                .runners(TestingRunner.well("a", R)
                                        .warm(0, 0)
                                        .failing(R, "ImagePull", "no such image"))),
                ready(
                        "False",
                        "RunnersNotReady",
                        "0 of 1 runners are ready; runners: FailedCreate: exceeded quota",
                        new TestingPool("")
                                .deployed(0, 0, 0)
                                .deploymentSays("ReplicaFailure", "True", "FailedCreate", "exceeded quota")),
                ready(
                        "False",
                        "NoWarmSandboxes",
                        "no runner has a warm sandbox; a: revision " + R + ": exceeded quota",
                        new TestingPool("")
                                .deployed(1, 1, 1)
                                .runners(TestingRunner.well("a", R).warm(0, 0).failing(R, "Quota", "exceeded quota"))));
    }

    private static Arguments progressing(String status, String reason, String message, TestingPool pool) {
        return Arguments.of("Progressing", status, reason, message, pool);
    }

    static Stream<Arguments> progressing() {
        return Stream.of(
                progressing(
                        "False",
                        "UpToDate",
                        "every runner is as the spec says",
                        new TestingPool("").deployed(1, 1, 1).runners(TestingRunner.well("a", R))),
                progressing(
                        "False",
                        "UpToDate",
                        "every runner is as the spec says",
                        new TestingPool("replicas: 0").deployed(0, 0, 0)),
                progressing(
                        "False",
                        "Paused",
                        "spec.paused is true: changes of the spec wait",
                        new TestingPool("paused: true").deployed(1, 1, 1)),
                progressing(
                        "True",
                        "ObjectsRefused",
                        "Service go: port is already allocated",
                        new TestingPool("")
                                .deployed(1, 1, 1)
                                .runners(TestingRunner.well("a", R))
                                .refused("port is already allocated")),
                progressing(
                        "True",
                        "RollingRunners",
                        "1 of 2 runners are of the newest kind",
                        new TestingPool("replicas: 2").deployed(3, 1, 2)),
                progressing(
                        "True",
                        "RollingRunners",
                        "2 of 2 runners are of the newest kind", // as its controller, which has not looked yet, says
                        new TestingPool("replicas: 2").deployed(2, 2, 2).changedDeployment()),
                progressing(
                        "True",
                        "RollingRunners",
                        "2 of 2 runners are of the newest kind", // the last old one is still going
                        new TestingPool("replicas: 2").deployed(3, 2, 3)),
                progressing("True", "Scaling", "0 of 1 runners", new TestingPool("")),
                progressing("True", "Scaling", "1 of 2 runners", new TestingPool("replicas: 2").deployed(2, 2, 1)),
                progressing("True", "Scaling", "3 of 1 runners", new TestingPool("").deployed(3, 3, 3)),
                progressing(
                        "True",
                        "RollingRevision",
                        "1 runners still have sandboxes of another revision than " + R,
                        new TestingPool("")
                                .deployed(1, 1, 1)
                                .runners(TestingRunner.well("a", OLD).of(OLD, R).warm(2, 0))),
                progressing(
                        "True",
                        "RollingRevision",
                        "1 runners still have sandboxes of another revision than " + R, // one idle one is left to swap
                        new TestingPool("")
                                .deployed(1, 1, 1)
                                .runners(TestingRunner.well("a", R).warm(2, 1))),
                progressing(
                        "False",
                        "RevisionHeld",
                        "sandboxes of revision " + R
                                + " do not start, sandboxes of the previous revision go on serving",
                        new TestingPool("")
                                .deployed(1, 1, 1)
                                .runners(TestingRunner.well("a", OLD)
                                        .of(OLD, R)
                                        .warm(2, 0)
                                        .failing(R, "ImagePull", "no"))));
    }

    private static Arguments degraded(String status, String reason, String message, TestingPool pool) {
        return Arguments.of("Degraded", status, reason, message, pool);
    }

    static Stream<Arguments> degraded() {
        return Stream.of(
                degraded("False", "AllWell", "nothing is wrong", new TestingPool("")),
                degraded(
                        "True",
                        "ObjectsRefused",
                        "Service go: port is already allocated",
                        new TestingPool("").stuck("s1").refused("port is already allocated")),
                degraded(
                        "True",
                        "SandboxesStuckTerminating",
                        "deleted, but still there: s1, s2",
                        new TestingPool("").stuck("s1", "s2")),
                degraded(
                        "True",
                        "SandboxesNotStartable",
                        "a: revision " + R + ": no",
                        new TestingPool("").runners(TestingRunner.well("a", R).failing(R, "ImagePull", "no"))),
                degraded(
                        "True",
                        "RunnersUnavailable",
                        "a: CrashLoopBackOff\nb: Unschedulable: 0/3 nodes",
                        new TestingPool("").troubles("a: CrashLoopBackOff", "b: Unschedulable: 0/3 nodes")),
                degraded(
                        "True",
                        "RunnersUnavailable",
                        "runners: ProgressDeadlineExceeded: timed out",
                        new TestingPool("")
                                .deployed(1, 1, 0)
                                .deploymentSays("Progressing", "False", "ProgressDeadlineExceeded", "timed out")),
                degraded(
                        "False",
                        "AllWell",
                        "nothing is wrong",
                        new TestingPool("")
                                .deployed(1, 1, 0)
                                .deploymentSays("Progressing", "True", "ReplicaSetUpdated", "goes on")));
    }

    @ParameterizedTest
    @MethodSource({"ready", "progressing", "degraded"})
    void eachReasonHasItsCause(String type, String status, String reason, String message, TestingPool pool) {
        Condition condition = condition(pool, type);

        assertThat(condition.getReason()).isEqualTo(reason);
        assertThat(condition.getMessage()).isEqualTo(message);
        assertThat(condition.getStatus()).isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ImagePull",
                "Quota",
                "Forbidden",
                "Unschedulable",
                "ApiServer",
                "Attach",
                "Protocol",
                "Deadline",
                "EndedEarly",
                "RefusedFact"
            })
    void whySandboxesDoNotStartIsInTheRunnersOwnWords(String reason) {
        var pool = new TestingPool("")
                .runners(
                        TestingRunner.well("a", R),
                        TestingRunner.well("b", OLD).of(OLD, R).failing(R, reason, "pull: manifest unknown"),
                        TestingRunner.well("c", OLD).of(OLD, R).failing(R, "Other", "something else"));

        Condition condition = condition(pool, "SandboxesStartable");

        assertThat(condition.getStatus()).isEqualTo("False");
        assertThat(condition.getReason()).isEqualTo(reason);
        assertThat(condition.getMessage())
                .isEqualTo("b: revision %s: pull: manifest unknown\nc: revision %s: something else", R, R);
    }

    @Test
    void sandboxesStartWhenNoLiveRunnerSaysOtherwise() {
        var pool = new TestingPool("")
                .runners(
                        TestingRunner.well("a", R),
                        TestingRunner.well("dead", R).failing(R, "Quota", "no"))
                .gone("dead");

        assertThat(condition(pool, "SandboxesStartable").getReason()).isEqualTo("SandboxesStart");
    }

    @Test
    void nothingIsKnownOfSandboxesBeforeARunnerTells() {
        Condition condition = condition(new TestingPool("").podsOf("a"), "SandboxesStartable");
        assertThat(condition.getStatus()).isEqualTo("Unknown");
        assertThat(condition.getReason()).isEqualTo("NoRunnerReports");
    }

    @Test
    void theTimeIsThatOfTheLastChangeOfTheStatusNotOfTheReasonOrMessage() {
        var pool = new TestingPool("");
        pool.act();
        assertThat(written(pool, "Ready").getLastTransitionTime()).isEqualTo("2026-03-01T12:00:00Z");

        pool.at(Samples.NOW.plusSeconds(5)).spec("replicas: 0").act();
        assertThat(written(pool, "Ready").getReason()).isEqualTo("NoRunners");
        assertThat(written(pool, "Ready").getLastTransitionTime()).isEqualTo("2026-03-01T12:00:00Z");
        assertThat(written(pool, "Ready").getObservedGeneration()).isEqualTo(2);

        pool.at(Samples.NOW.plusSeconds(9).plusMillis(400))
                .spec("")
                .deployed(1, 1, 1)
                .act();
        assertThat(written(pool, "Ready").getStatus()).isEqualTo("True");
        assertThat(written(pool, "Ready").getLastTransitionTime()).isEqualTo("2026-03-01T12:00:09Z");
    }

    @ParameterizedTest
    @CsvSource({"1024, x", "1025, …", "100000, …"})
    void aMessageIsCutWhereKubernetesWouldRefuseIt(int length, String end) {
        Condition condition = condition(new TestingPool("").troubles("x".repeat(length)), "Degraded");

        assertThat(condition.getMessage()).hasSize(1024).endsWith(end);
    }

    @Test
    void aFailureOfTheOperatorIsToldAndTheRestOfTheStatusStays() {
        var pool = new TestingPool("").deployed(1, 1, 1).runners(TestingRunner.well("a", R));
        SandboxPoolStatus before = pool.act().status();

        SandboxPoolStatus after = PoolConditions.failed(
                before, pool.seen().pool(), new IllegalStateException("the API server says no"), Samples.NOW);

        assertThat(after.runs()).isEqualTo(before.runs());
        assertThat(after.conditions())
                .extracting(Condition::getType)
                .containsExactly("Ready", "Progressing", "SandboxesStartable", "Degraded");
        Condition degraded = PoolConditions.find(after.conditions(), "Degraded").orElseThrow();
        assertThat(degraded.getStatus()).isEqualTo("True");
        assertThat(degraded.getReason()).isEqualTo("ReconcileFailed");
        assertThat(degraded.getMessage()).isEqualTo("the API server says no");
        assertThat(PoolConditions.failed(
                        after,
                        pool.seen().pool(),
                        new IllegalStateException("the API server says no"),
                        Samples.NOW.plusSeconds(60)))
                .isEqualTo(after);
    }

    @Test
    void aFailureWithoutAMessageIsToldByItsName() {
        SandboxPoolStatus after = PoolConditions.failed(
                SandboxPoolStatus.unknown(), Samples.pool(""), new IllegalStateException(), Samples.NOW);

        assertThat(after.conditions())
                .extracting(Condition::getMessage)
                .containsExactly("java.lang.IllegalStateException");
    }

    private static Condition condition(TestingPool pool, String type) {
        return PoolConditions.find(pool.plan().status().conditions(), type).orElseThrow();
    }

    private static Condition written(TestingPool pool, String type) {
        return PoolConditions.find(pool.status().conditions(), type).orElseThrow();
    }
}
