package dev.sandpool.runner.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.protocol.Outcome;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes.WarmSandbox;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(30)
class KubernetesSandboxesTest {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(10);

    private final FakeCluster cluster = new FakeCluster();
    private final CollectedOutput output = new CollectedOutput();

    @TempDir
    Path folder;

    private Path template;
    private KubernetesSandboxes sandboxes;

    @BeforeEach
    void open() throws IOException {
        template = folder.resolve("sandbox.yaml");
        Files.copy(Path.of("src/test/resources/sandbox.yaml"), template);
        sandboxes = sandboxes(START_TIMEOUT);
    }

    private KubernetesSandboxes sandboxes(Duration startTimeout) {
        var limits = new SandboxLimits(2, 2, 100 << 20, 100 << 20, 1 << 20, 64, Duration.ofSeconds(5), startTimeout);
        return new KubernetesSandboxes(
                new KubernetesSandboxes.Settings(
                        FakeCluster.NAMESPACE, template, "runner-0", Optional.of("runner-uid")),
                limits,
                cluster.client());
    }

    @AfterEach
    void close() {
        cluster.fault = request -> null;
        sandboxes.close();
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
        try (WarmSandbox sandbox = sandboxes.start()) {
            Pod pod = cluster.pods().getFirst();
            assertThat(pod.getMetadata().getName()).isEqualTo(sandbox.name()).startsWith("sandbox-");
            assertThat(pod.getMetadata().getLabels())
                    .containsEntry(PoolLabels.RUNNER, "runner-0")
                    .containsEntry(PoolLabels.ROLE, "sandbox")
                    .containsEntry(PoolLabels.POOL, "testing")
                    .containsKey(PoolLabels.RUNNER_LIFE);
            assertThat(pod.getMetadata().getOwnerReferences()).singleElement().satisfies(owner -> {
                assertThat(owner.getUid()).isEqualTo("runner-uid");
                assertThat(owner.getController()).isFalse();
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
    void aPodThatCannotBecomeWarmSaysWhyAndIsDeleted() {
        cluster.fate = pod -> PodVerdictTest.waiting("ErrImagePull", "no such image");
        assertStartFails(sandboxes, Reason.IMAGE_PULL, "ErrImagePull no such image");
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    }

    private static void assertStartFails(KubernetesSandboxes sandboxes, Reason reason, String message) {
        assertThatThrownBy(sandboxes::start)
                .isInstanceOfSatisfying(
                        SandboxStartException.class, e -> assertThat(e.reason()).isEqualTo(reason))
                .hasMessageContaining(message);
    }

    @Test
    void aPodThatFitsNowhereIsHeldUntilTheDeadline() {
        cluster.fate = pod -> PodVerdictTest.UNSCHEDULED;
        try (KubernetesSandboxes hasty = sandboxes(Duration.ofSeconds(2))) {
            assertStartFails(hasty, Reason.UNSCHEDULABLE, "Insufficient memory");
            await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
        }
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
        assertStartFails(sandboxes, reason, message);
        assertThat(cluster.requests.stream().filter(request -> request.startsWith("POST")))
                .hasSize(1);
    }

    @Test
    void anAttachThatIsRefusedIsTriedAgain() throws Exception {
        AtomicInteger attaches = new AtomicInteger();
        cluster.fault = request -> request.getPath().contains("/attach") && attaches.incrementAndGet() < 3
                ? FakeCluster.refusal(500, "container not found")
                : null;
        try (WarmSandbox sandbox = sandboxes.start()) {
            assertThat(sandbox.name()).isNotEmpty();
        }
        assertThat(attaches).hasValueGreaterThanOrEqualTo(3); // the mock server knows v4 only, which takes one more
    }

    @Test
    void anAttachThatIsAlwaysRefusedFailsTheStart() {
        cluster.fault = request ->
                request.getPath().contains("/attach") ? FakeCluster.refusal(500, "container not found") : null;
        assertStartFails(sandboxes, Reason.ATTACH, "the attach stream was refused");
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    }

    @Test
    void anOlderServerIsSpokenToInItsOwnProtocol() throws Exception {
        cluster.fault = request -> request.getPath().contains("/attach")
                        && "v5.channel.k8s.io".equals(request.getHeader("Sec-WebSocket-Protocol"))
                ? FakeCluster.refusal(400, "unable to upgrade: unknown protocol")
                : null;
        sandboxes.start().close();
        sandboxes.start().close();
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
        try (WarmSandbox sandbox = sandboxes.start()) {
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
        sandboxes.start().close();
        refused.await();
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
    }

    @Test
    void aWarmPodThatSomebodyDeletesIsLost() throws Exception {
        try (WarmSandbox sandbox = sandboxes.start()) {
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
        try (WarmSandbox sandbox = sandboxes.start()) {
            var request = new RunRequest(List.of(), new ByteArrayInputStream("x".getBytes(UTF_8)));
            assertThat(sandbox.run(request, output, () -> {}))
                    .isEqualTo(new RunResult.OutOfMemory(RunResult.Facts.NONE));
        }
    }

    @Test
    void onlySandboxesOfAnEarlierLifeOfThisRunnerAreLeftovers() throws Exception {
        leftover("earlier", "runner-0", "life-before");
        leftover("neighbour", "runner-1", "other-life");
        try (WarmSandbox ours = sandboxes.start()) {
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
        sandboxes.start();
        sandboxes.start();
        assertThat(cluster.pods()).hasSize(2);
        sandboxes.close();
        assertThat(cluster.pods()).isEmpty();
    }

    @Test
    void aTemplateThatBreaksPromisesIsRefusedWithAllThatIsWrong() throws Exception {
        String good = Files.readString(template);
        Files.writeString(
                template,
                good.replace("restartPolicy: Never", "restartPolicy: Always")
                        .replace("stdinOnce: true", "stdinOnce: false"));
        assertThatThrownBy(() -> sandboxes(START_TIMEOUT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith("spec.restartPolicy is Always, must be Never; "
                        + "the container's stdinOnce is false, must be true");
        Files.writeString(template, good.replace("activeDeadlineSeconds: 3600", "activeDeadlineSeconds: 40"));
        assertThatThrownBy(() -> sandboxes(START_TIMEOUT)).hasMessageContaining("leaves a sandbox 5 s of use");
        Files.writeString(template, "kind: ConfigMap\napiVersion: v1\n");
        assertThatThrownBy(() -> sandboxes(START_TIMEOUT)).hasMessageContaining("neither a Pod nor a PodTemplate");
        Files.writeString(template, ": not yaml [");
        assertThatThrownBy(() -> sandboxes(START_TIMEOUT)).hasMessageContaining("is not a Kubernetes object");
    }
}
