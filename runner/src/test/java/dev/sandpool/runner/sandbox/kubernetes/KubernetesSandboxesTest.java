package dev.sandpool.runner.sandbox.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPoolSpec.Isolation;
import dev.sandpool.protocol.Outcome;
import dev.sandpool.protocol.Start;
import dev.sandpool.runner.sandbox.RecordedOutput;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.RunRequest;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes.WarmSandbox;
import dev.sandpool.runner.sandbox.session.FakeContained;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(30)
class KubernetesSandboxesTest {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(10);

    private final FakeCluster cluster = new FakeCluster();
    private final RecordedOutput output = new RecordedOutput();

    private final RunnerIdentity runner = new RunnerIdentity(
            "go", FakeCluster.NAMESPACE, "go-runner-0", Optional.of("runner-uid"), RandomName.next());
    private PodRevision revision = revision(FakeCluster.podTemplate("go", "r1"));
    private final KubernetesClient client = cluster.client();
    private final KubernetesSandboxes sandboxes = new KubernetesSandboxes(runner, client);

    private static PodRevision revision(PodTemplate template) {
        return new PodRevision(
                "r1",
                new SandboxLimits(100 << 20, 16 << 20, 100 << 20, 1 << 20, 64, Optional.empty(), Duration.ofSeconds(5)),
                SandboxPodTemplate.of(template),
                Isolation.RuntimeClass);
    }

    private WarmSandbox start() throws Exception {
        return start(START_TIMEOUT);
    }

    private WarmSandbox start(Duration atMost) throws Exception {
        return sandboxes.start(revision, atMost);
    }

    @AfterEach
    void close() {
        cluster.fault = request -> null;
        sandboxes.close();
        client.close();
        cluster.close();
    }

    @Test
    void aPodIsStampedAttachedGreetedRunAndDeleted() throws Exception {
        byte[] program = new byte[3_000_000];
        Arrays.fill(program, (byte) 'x');
        FakeContained[] inside = new FakeContained[1];
        cluster.contained = c -> {
            inside[0] = c;
            c.greet();
            c.receiveProgram();
            c.started();
            for (int i = 0; i < 100; i++) {
                c.stdout("y".repeat(50_000));
            }
            c.exit(Outcome.EXITED, 7, 0, "");
        };
        try (WarmSandbox sandbox = start()) {
            Pod pod = cluster.pods().getFirst();
            assertThat(pod.getMetadata().getName()).isEqualTo(sandbox.name()).matches("go-sandbox-ner-0-[a-z0-9]{8}");
            assertThat(pod.getMetadata().getLabels())
                    .containsEntry(PoolLabels.MANAGED_BY, "sandpool")
                    .containsEntry(PoolLabels.RUNNER, "go-runner-0")
                    .containsEntry(PoolLabels.ROLE, "sandbox")
                    .containsEntry(PoolLabels.POOL, "go")
                    .containsEntry(PoolLabels.REVISION, "r1")
                    .containsEntry(PoolLabels.RUNNER_LIFE, runner.life())
                    .containsEntry("app.kubernetes.io/name", "sandpool-sandbox");
            assertThat(pod.getMetadata().getOwnerReferences()).singleElement().satisfies(owner -> {
                assertThat(owner.getUid()).isEqualTo("runner-uid");
                assertThat(owner.getController()).isTrue();
                assertThat(owner.getBlockOwnerDeletion()).isFalse();
            });
            var request = new RunRequest(List.of(), new ByteArrayInputStream(program));
            assertThat(sandbox.run(request, output, () -> {})).isEqualTo(new RunResult.Exited(7, RunResult.Facts.NONE));
            assertThat(output.stdout.size()).isEqualTo(5_000_000);
            assertThat(inside[0].program.toByteArray()).isEqualTo(program);
        }
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
        assertThat(sandboxes.ending()).isZero();
    }

    @Test
    void aRunHasTheLimitsOfTheRevisionOfItsSandbox() throws Exception {
        Revision smaller = new PodRevision(
                "r2",
                new SandboxLimits(10, 0, 1, 1 << 20, 1, Optional.empty(), Duration.ofSeconds(2)),
                revision.template(),
                Isolation.RuntimeClass);
        Start[] told = new Start[1];
        cluster.contained = c -> {
            c.greet();
            told[0] = c.receiveProgram();
            c.started();
            c.exit(Outcome.EXITED, 0, 0, "");
        };
        try (WarmSandbox sandbox = sandboxes.start(smaller, START_TIMEOUT)) {
            assertThat(cluster.pods().getFirst().getMetadata().getLabels()).containsEntry(PoolLabels.REVISION, "r2");
            assertThat(sandbox.timeLeft()).isEqualTo(Duration.ofSeconds(2));
            var request = new RunRequest(List.of(), new ByteArrayInputStream(new byte[10]));
            assertThat(sandbox.run(request, output, () -> {})).isEqualTo(new RunResult.Exited(0, RunResult.Facts.NONE));
            assertThat(told[0].limits().sizes().programBytes()).isEqualTo(10);
        }
        try (WarmSandbox sandbox = sandboxes.start(smaller, START_TIMEOUT)) {
            var request = new RunRequest(List.of(), new ByteArrayInputStream(new byte[11]));
            assertThat(sandbox.run(request, output, () -> {})).isEqualTo(new RunResult.ProgramTooLarge(10));
        }
    }

    @Test
    void aPodThatCannotBecomeWarmSaysWhyAndIsDeleted() {
        cluster.fate = pod -> PodVerdictTest.waiting("ErrImagePull", "no such image");
        assertStartFails(START_TIMEOUT, Reason.IMAGE_PULL, "ErrImagePull no such image");
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    }

    private void assertStartFails(Duration atMost, Reason reason, String message) {
        assertThatThrownBy(() -> start(atMost))
                .isInstanceOfSatisfying(
                        SandboxStartException.class, e -> assertThat(e.reason()).isEqualTo(reason))
                .hasMessageContaining(message);
    }

    static Stream<PodStatus> whatAnotherPodWouldWaitForToo() {
        return Stream.of(PodVerdictTest.UNSCHEDULED, PodVerdictTest.AWAITS_IMAGE);
    }

    @ParameterizedTest
    @MethodSource("whatAnotherPodWouldWaitForToo")
    void aPodThatWaitsForANodeOrItsImageIsTakenUpByTheNextStart(PodStatus status) throws Exception {
        start().close(); // with all that only the first start has to wait for: classes, connections, the watch
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
        cluster.fate = pod -> status;
        assertThatThrownBy(() -> start(Duration.ofSeconds(2))).hasMessageContaining("not running in time");
        Pod held = cluster.pods().getFirst();
        assertThatThrownBy(() -> start(Duration.ofMillis(100))).hasMessageContaining("not running in time");
        assertThat(cluster.pods())
                .singleElement()
                .extracting(pod -> pod.getMetadata().getUid())
                .isEqualTo(held.getMetadata().getUid());

        cluster.update(held, FakeCluster.RUNNING);
        try (WarmSandbox sandbox = start()) {
            assertThat(sandbox.name()).isEqualTo(held.getMetadata().getName());
        }
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    }

    @Test
    void aHeldPodThatIsLeftGoesAtTheEnd() throws Exception {
        start().close();
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
        cluster.fate = pod -> PodVerdictTest.UNSCHEDULED;
        assertStartFails(Duration.ofSeconds(2), Reason.UNSCHEDULABLE, "Insufficient memory");
        assertThat(cluster.pods()).hasSize(1);
        sandboxes.close();
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    }

    @Test
    void aHeldPodGoesAtOnceWhenItsRevisionIsNotWantedAnyMore() throws Exception {
        start().close();
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
        cluster.fate = pod -> PodVerdictTest.UNSCHEDULED;
        sandboxes.want(Set.of("r1", "r2"));
        assertStartFails(Duration.ofSeconds(2), Reason.UNSCHEDULABLE, "Insufficient memory");
        sandboxes.want(Set.of("r1"));
        assertThat(cluster.pods()).hasSize(1);

        sandboxes.want(Set.of("r2"));
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());

        assertStartFails(Duration.ofSeconds(2), Reason.UNSCHEDULABLE, "Insufficient memory");
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of(403, "pods \"x\" is forbidden: exceeded quota: sandboxes", Reason.QUOTA),
                Arguments.of(403, "pods is forbidden: User cannot create", Reason.FORBIDDEN),
                Arguments.of(422, "Pod is invalid", Reason.FORBIDDEN),
                Arguments.of(500, "etcdserver: leader changed", Reason.API_SERVER),
                Arguments.of(429, "too many requests", Reason.API_SERVER));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("refusals")
    void aPodThatCannotBeCreatedSaysWhy(int code, String message, Reason reason) {
        cluster.fault = request -> request.getMethod().equals("POST") ? FakeCluster.refusal(code, message) : null;
        assertStartFails(START_TIMEOUT, reason, message);
        assertThat(cluster.requests.stream().filter(request -> request.startsWith("POST")))
                .hasSize(1);
    }

    @Test
    void anAttachThatIsRefusedIsTriedAgain() throws Exception {
        AtomicInteger attaches = new AtomicInteger();
        cluster.fault = request -> request.getPath().contains("/attach") && attaches.incrementAndGet() < 3
                ? FakeCluster.refusal(500, "container not found")
                : null;
        try (WarmSandbox sandbox = start()) {
            assertThat(sandbox.name()).isNotEmpty();
        }
        assertThat(attaches).hasValueGreaterThanOrEqualTo(3); // the mock server knows v4 only, which takes one more
    }

    @Test
    void anAttachThatIsAlwaysRefusedFailsTheStart() {
        cluster.fault = request ->
                request.getPath().contains("/attach") ? FakeCluster.refusal(500, "container not found") : null;
        assertStartFails(START_TIMEOUT, Reason.ATTACH, "the attach stream was refused");
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    }

    /** One that has taught how long a container takes, and is gone; what follows is never said to run. */
    private void learnAndFallSilent() throws Exception {
        PodTemplate scheduled = FakeCluster.podTemplate("go", "r1");
        scheduled.getTemplate().getSpec().setNodeName("node");
        revision = revision(scheduled);
        start().close();
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
        cluster.fate = pod -> new PodStatus();
    }

    @Test
    void aContainerIsAttachedBeforeAnybodySaysThatItRuns() throws Exception {
        learnAndFallSilent();
        try (WarmSandbox sandbox = start()) {
            assertThat(sandbox.name()).isNotEmpty();
        }
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    }

    @Test
    void anAttachThatCameTooEarlyIsTriedAgain() throws Exception {
        learnAndFallSilent();
        AtomicInteger attaches = new AtomicInteger();
        cluster.fault = request -> request.getPath().contains("/attach") && attaches.incrementAndGet() < 3
                ? FakeCluster.refusal(400, "container contained is not running")
                : null;
        start().close();
        assertThat(attaches).hasValue(3);
    }

    @Test
    void aStreamThatEndsBeforeTheContainerRunsIsNoEndOfThePod() throws Exception {
        learnAndFallSilent();
        AtomicInteger streams = new AtomicInteger();
        cluster.contained = c -> {
            if (streams.incrementAndGet() >= 3) {
                c.greet();
                c.fallSilent();
            }
        };
        try (WarmSandbox sandbox = start()) {
            assertThat(cluster.pods())
                    .singleElement()
                    .extracting(pod -> pod.getMetadata().getName())
                    .isEqualTo(sandbox.name());
        }
        assertThat(streams).hasValue(3);
    }

    @Test
    void aContainerThatIsLateIsAttachedWhenItIsSaidToRun() throws Exception {
        learnAndFallSilent();
        AtomicInteger attaches = new AtomicInteger();
        CountDownLatch triedEnough = new CountDownLatch(6);
        cluster.fault = request -> {
            if (request.getPath().contains("/attach") && attaches.incrementAndGet() <= 6) {
                triedEnough.countDown();
                return FakeCluster.refusal(400, "container contained is not running");
            }
            return null;
        };
        Thread.ofVirtual().start(() -> {
            try {
                triedEnough.await();
                cluster.update(cluster.pods().getFirst(), FakeCluster.RUNNING);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        start().close();
        assertThat(attaches).hasValue(7);
    }

    @Test
    void anOlderServerIsSpokenToInItsOwnProtocol() throws Exception {
        cluster.fault = request -> request.getPath().contains("/attach")
                        && "v5.channel.k8s.io".equals(request.getHeader("Sec-WebSocket-Protocol"))
                ? FakeCluster.refusal(400, "unable to upgrade: unknown protocol")
                : null;
        start().close();
        start().close();
        assertThat(cluster.requests.stream().filter(request -> request.endsWith("/attach")))
                .hasSize(3);
    }

    @Test
    void onlyThePodThatWeMadeIsDeletedNotOneOfTheSameName() throws Exception {
        List<String> bodies = new CopyOnWriteArrayList<>();
        cluster.fault = request -> {
            if (request.getMethod().equals("DELETE")) {
                bodies.add(request.getUtf8Body());
            }
            return null;
        };
        String uid;
        try (WarmSandbox sandbox = start()) {
            assertThat(sandbox.name()).isNotEmpty();
            uid = cluster.pods().getFirst().getMetadata().getUid();
        }
        await().untilAsserted(
                        () -> assertThat(bodies).singleElement().asString().contains(uid, "\"gracePeriodSeconds\":0"));
    }

    @Test
    void aDeletionThatFailsIsTriedAgain() throws Exception {
        CountDownLatch refused = new CountDownLatch(3);
        cluster.fault = request -> {
            if (request.getMethod().equals("DELETE") && refused.getCount() > 0) {
                refused.countDown();
                return FakeCluster.refusal(500, "etcdserver: request timed out");
            }
            return null;
        };
        start().close();
        refused.await();
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    }

    @Test
    void aWarmPodThatSomebodyDeletesIsLost() throws Exception {
        try (WarmSandbox sandbox = start()) {
            CountDownLatch lost = new CountDownLatch(1);
            sandbox.onLost(lost::countDown);
            cluster.admin()
                    .pods()
                    .inNamespace(FakeCluster.NAMESPACE)
                    .withName(sandbox.name())
                    .delete();
            lost.await();
        }
    }

    @Test
    void aSandboxThatTheKernelKilledRanOutOfMemory() throws Exception {
        cluster.contained = c -> {
            c.greet();
            c.receiveProgram();
            cluster.update(cluster.pods().getFirst(), PodVerdictTest.ended("OOMKilled", 137));
        };
        try (WarmSandbox sandbox = start()) {
            var request = new RunRequest(List.of(), new ByteArrayInputStream("x".getBytes(UTF_8)));
            assertThat(sandbox.run(request, output, () -> {}))
                    .isEqualTo(new RunResult.OutOfMemory(RunResult.Facts.NONE));
        }
    }

    @Test
    void onlySandboxesOfAnEarlierLifeOfThisRunnerAreLeftovers() throws Exception {
        leftover("earlier", "go-runner-0", "life-before");
        leftover("neighbour", "go-runner-1", "other-life");
        try (WarmSandbox ours = start()) {
            sandboxes.deleteLeftovers();
            await().untilAsserted(() -> assertThat(cluster.pods())
                    .extracting(pod -> pod.getMetadata().getName())
                    .containsExactlyInAnyOrder("neighbour", ours.name()));
        }
    }

    private void leftover(String name, String runner, String life) {
        cluster.admin()
                .pods()
                .inNamespace(FakeCluster.NAMESPACE)
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .addToLabels(PoolLabels.ROLE, PoolLabels.ROLE_SANDBOX)
                        .addToLabels(PoolLabels.RUNNER, runner)
                        .addToLabels(PoolLabels.RUNNER_LIFE, life)
                        .endMetadata()
                        .build())
                .create();
    }

    @Test
    void closingDeletesAllThatIsLeft() throws Exception {
        start();
        start();
        assertThat(cluster.pods()).hasSize(2);
        sandboxes.close();
        assertThat(cluster.pods()).isEmpty();
    }
}
