package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A node can be drained whatever state its pools are in, and who runs programs meanwhile is answered. */
class EvictionIT {
    @Test
    void aRunnerThatIsNotReadyMayBeEvicted() {
        try (TestPool pool = TestPool.applied("unpullable", "replicas: 1")) {
            pool.patch("{\"image\": \"localhost/there-is-no-such-image:1\"}");
            TestPool.patiently()
                    .until(() -> pool.reason("SandboxesStartable").equals("ImagePull")
                            && pool.reason("Ready").equals("RunnersNotReady"));

            assertThat(evict(pool, pool.runners().getFirst())).isTrue();
        }
    }

    @Test
    void whereNoRunnerIsReadyClientsAreToldToTryAgain() {
        try (TestPool pool = TestPool.applied("unready", "replicas: 1")) {
            pool.patch("{\"image\": \"localhost/there-is-no-such-image:1\"}");
            TestPool.patiently().until(() -> pool.reason("SandboxesStartable").equals("ImagePull"));

            TestPool.patiently().ignoreExceptions().untilAsserted(() -> {
                Answer answer = pool.service().run(Programs.staticC("hello"));
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.retryAfter()).isNotEmpty();
            });
        }
    }

    @Test
    void theOnlyRunnerServesUntilTheNextIsReady() {
        try (TestPool pool = TestPool.made("only", "replicas: 1, workers: 2, warm: {min: 1, max: 2}")) {
            Set<String> before = pool.runnerUids();
            try (Load load = new Load(pool.service(), 1)) {
                assertThat(evict(pool, pool.runners().getFirst())).isTrue();
                awaitNext(pool, before);
                awaitGone(pool, before);
                int good = load.good();
                TestPool.patiently().until(() -> load.good() > good + 5);

                assertThat(load.bad()).isEmpty();
            }
        }
    }

    @Test
    void aRunInASandboxThatIsEvictedEndsByItself() {
        try (TestPool pool = TestPool.made("evicted", "replicas: 1, workers: 1, warm: {min: 1, max: 1}")) {
            RunnerService service = pool.service();
            CompletableFuture<Answer> nap =
                    CompletableFuture.supplyAsync(() -> service.run(Programs.staticC("nap"), "4"));
            TestPool.patiently()
                    .until(() -> new String(service.get("/v1/pool").body(), StandardCharsets.UTF_8)
                            .replaceAll("\\s", "")
                            .contains("\"running\":1"));

            pool.sandboxes().forEach(sandbox -> assertThat(evict(pool, sandbox)).isTrue());

            Answer answer = nap.join();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.stdout()).isEqualTo("begun\nended\n");
            assertThat(service.runWhenReady(Programs.staticC("hello")).stdout()).isEqualTo("hello\n");
        }
    }

    /** Without {@code --force}. The next runner has no node until the node takes pods again. */
    @Test
    void whileItsNodeIsDrainedClientsAreAnsweredOrToldToTryAgain() {
        try (TestPool pool = TestPool.made("drained", "replicas: 1, workers: 2, warm: {min: 1, max: 2}")) {
            Set<String> before = pool.runnerUids();
            String node = pool.runners().getFirst().getSpec().getNodeName();
            try (Load load = new Load(pool.service(), 2)) {
                CompletableFuture<Kubectl.Said> drain = CompletableFuture.supplyAsync(() -> Kubectl.call(
                        "drain",
                        node,
                        "--ignore-daemonsets",
                        "--delete-emptydir-data",
                        "--timeout=150s",
                        "--pod-selector=sandpool.dev/pool=" + pool.name()));
                try {
                    TestPool.patiently()
                            .until(() -> load.told() > 0 || !load.unanswered().isEmpty());
                } finally {
                    assertThat(Kubectl.call("uncordon", node).exitCode()).isZero();
                }
                awaitNext(pool, before);
                Kubectl.Said said = drain.join();
                awaitGone(pool, before);

                assertThat(said.warnings()).doesNotContain("cannot delete");
                assertThat(said.exitCode()).isZero();
                int good = load.good();
                TestPool.patiently().until(() -> load.good() > good + 5);
                assertThat(load.unanswered()).isEmpty();
            }
        }
    }

    private static boolean evict(TestPool pool, Pod pod) {
        return pool.client()
                .pods()
                .inNamespace(TestPool.NAMESPACE)
                .withName(pod.getMetadata().getName())
                .evict();
    }

    private static void awaitNext(TestPool pool, Set<String> before) {
        TestPool.patiently()
                .until(() -> pool.runnerUids().stream().noneMatch(before::contains)
                        && pool.condition("Ready").getStatus().equals("True"));
    }

    /** Until those that left have ended. */
    private static void awaitGone(TestPool pool, Set<String> before) {
        TestPool.patiently()
                .until(() -> pool.client().pods().inNamespace(TestPool.NAMESPACE).list().getItems().stream()
                        .noneMatch(pod -> before.contains(pod.getMetadata().getUid())));
    }
}
