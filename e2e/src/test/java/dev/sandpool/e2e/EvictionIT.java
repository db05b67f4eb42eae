package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Answer;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What a drain of a node asks for, pod by pod, whatever state the pool is in; who runs programs meanwhile is answered. */
@Order(3)
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
        try (TestPool pool =
                TestPool.made("only", "replicas: 1, workers: 2, warm: {min: 1, max: 2}, " + Load.NO_HURRY)) {
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
        // A second more than the nap would not be enough on a busy machine.
        String patient = "limits: {runTimeout: 30s}";
        try (TestPool pool = TestPool.made("evicted", "replicas: 1, workers: 1, warm: {min: 1, max: 1}, " + patient)) {
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

    private static boolean evict(TestPool pool, Pod pod) {
        return pool.client()
                .pods()
                .inNamespace(TestPool.NAMESPACE)
                .withName(pod.getMetadata().getName())
                .evict();
    }

    static void awaitNext(TestPool pool, Set<String> before) {
        TestPool.patiently()
                .until(() -> pool.runnerUids().stream().noneMatch(before::contains)
                        && pool.condition("Ready").getStatus().equals("True"));
    }

    /** Until those that left have ended. */
    static void awaitGone(TestPool pool, Set<String> before) {
        TestPool.patiently()
                .until(() -> pool.client().pods().inNamespace(TestPool.NAMESPACE).list().getItems().stream()
                        .noneMatch(pod -> before.contains(pod.getMetadata().getUid())));
    }
}
