package dev.sandpool.runner.sandbox.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPoolSpec.Isolation;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Start;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes.WarmSandbox;
import dev.sandpool.runner.sandbox.session.FakeContained;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(30)
class KubernetesSandboxesTest extends KubernetesSandboxesFixture {
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
            c.exit(ExitOutcome.EXITED, 7, 0, "");
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
            var request = new ProgramRequest(List.of(), new ByteArrayInputStream(program));
            assertThat(sandbox.run(request, output, () -> {})).isEqualTo(new RunResult.Exited(7, RunResult.Facts.NONE));
            assertThat(output.stdout.size()).isEqualTo(5_000_000);
            assertThat(inside[0].program.toByteArray()).isEqualTo(program);
        }
        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
        // The answer to the deletion comes after the pod is gone.
        await().untilAsserted(() -> assertThat(sandboxes.ending()).isZero());
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
            c.exit(ExitOutcome.EXITED, 0, 0, "");
        };
        try (WarmSandbox sandbox = sandboxes.start(smaller, START_TIMEOUT)) {
            assertThat(cluster.pods().getFirst().getMetadata().getLabels()).containsEntry(PoolLabels.REVISION, "r2");
            assertThat(sandbox.timeLeft()).isEqualTo(Duration.ofSeconds(2));
            var request = new ProgramRequest(List.of(), new ByteArrayInputStream(new byte[10]));
            assertThat(sandbox.run(request, output, () -> {})).isEqualTo(new RunResult.Exited(0, RunResult.Facts.NONE));
            assertThat(told[0].limits().sizes().programBytes()).isEqualTo(10);
        }
        try (WarmSandbox sandbox = sandboxes.start(smaller, START_TIMEOUT)) {
            var request = new ProgramRequest(List.of(), new ByteArrayInputStream(new byte[11]));
            assertThat(sandbox.run(request, output, () -> {})).isEqualTo(new RunResult.ProgramTooLarge(10));
        }
    }

    @Test
    void aPodThatCannotBecomeWarmSaysWhyAndIsDeleted() {
        cluster.fate = pod -> PodVerdictTest.waiting("ErrImagePull", "no such image");
        assertStartFails(START_TIMEOUT, Reason.IMAGE_PULL, "ErrImagePull no such image");
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
    void aPodWhoseCreationTakesEffectAfterItsDeletionIsDeletedToo() throws Exception {
        var created = new CompletableFuture<Pod>();
        List<String> deletions = new CopyOnWriteArrayList<>();
        cluster.fault = request -> switch (request.getMethod()) {
            case "POST" -> {
                if (created.isDone()) {
                    yield null;
                }
                created.complete(Serialization.unmarshal(request.getUtf8Body(), Pod.class));
                yield FakeCluster.refusal(504, "the server was unable to return a response in the time allotted");
            }
            case "DELETE" -> {
                deletions.add(request.getUtf8Body());
                yield null;
            }
            default -> null;
        };
        assertStartFails(START_TIMEOUT, Reason.API_SERVER, "in the time allotted");
        await().untilAsserted(() -> assertThat(sandboxes.ending()).isZero());
        assertThat(deletions).singleElement().asString().doesNotContain("uid");

        String uid = cluster.admin()
                .pods()
                .inNamespace(FakeCluster.NAMESPACE)
                .resource(created.join())
                .create()
                .getMetadata()
                .getUid();

        await().untilAsserted(() -> assertThat(cluster.pods()).isEmpty());
        await().untilAsserted(() -> assertThat(sandboxes.ending()).isZero());
        assertThat(deletions.get(1)).contains(uid);
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
            var request = new ProgramRequest(List.of(), new ByteArrayInputStream("x".getBytes(UTF_8)));
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
