package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Who may run programs on a pool, and how much of it one caller may have. */
class CallersIT {
    private static final String CALLER = "X-Sandpool-Caller";
    private static final int FLOOD = 16;
    private static final int RUNS = 20;

    private final byte[] hello = Programs.staticC("hello");
    /** Longer than this machine takes from one answer to the next request. */
    private final byte[] slow = Programs.script("#!/bin/sh\nsleep 0.2\necho hello\n");

    @Test
    void aFloodDelaysAnotherCallerByOneRunAtMost() throws Exception {
        // Used again, so that the queue is what a caller waits for, and not the node that makes pods.
        String spec = "workers: 1, warm: {min: 1, max: 4}, queue: {depth: 32}, callers: {header: " + CALLER
                + "}, reuse: {maxRuns: 1000}";
        try (TestPool pool = TestPool.made("callers", spec);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            RunnerService service = pool.service();
            Figures alone = runs(service, "quiet");

            var ended = new AtomicBoolean();
            var flooded = new AtomicInteger();
            List<Future<?>> flood = new ArrayList<>();
            for (int i = 0; i < FLOOD; i++) {
                flood.add(threads.submit(() -> {
                    while (!ended.get()) {
                        flooded.addAndGet(run(service, slow, CALLER, "flood").status() == 200 ? 1 : 0);
                    }
                }));
            }
            TestPool.patiently().until(() -> flooded.get() > 0);
            int before = flooded.get();
            Figures beside = runs(service, "quiet");
            int meanwhile = flooded.get() - before;
            ended.set(true);
            for (Future<?> one : flood) {
                one.get();
            }

            System.out.println("alone             " + alone);
            System.out.println("beside a flood    " + beside + "  flood: " + meanwhile + " runs");
            // One is under way when the quiet caller comes, and one may end between its answer and its next request.
            assertThat(meanwhile).isLessThanOrEqualTo(2 * RUNS);
        }
    }

    @Test
    void withTokensInASecretOnlyTheirOwnersMayRun() {
        String spec = "authentication: {tokensSecret: e2e-tokens}";
        try (TestPool pool = TestPool.made("tokens", spec)) {
            RunnerService service = pool.service();
            assertThat(run(service, "Authorization", "Bearer right").status())
                    .as("without the Secret")
                    .isEqualTo(503);
            Secret secret = new SecretBuilder()
                    .withNewMetadata()
                    .withName("e2e-tokens")
                    .withNamespace(TestPool.NAMESPACE)
                    .endMetadata()
                    .addToStringData("frontend", "right")
                    .build();
            var _ = pool.client().resource(secret).serverSideApply();
            try {
                // The kubelet brings it within about a minute.
                TestPool.patiently()
                        .until(() ->
                                run(service, "Authorization", "Bearer right").status() == 200);
                assertThat(run(service, "Authorization", "Bearer wrong").status())
                        .isEqualTo(401);
                assertThat(service.run(hello).status()).isEqualTo(401);
                assertThat(service.get("/health").statusCode()).isEqualTo(200);
            } finally {
                var _ = pool.client().resource(secret).delete();
            }
        }
    }

    @Test
    void aServiceAccountsTokenIsReviewedByTheCluster() {
        String spec = "authentication: {tokenReview: {audiences: [sandpool]}}";
        try (TestPool pool = TestPool.made("review", spec)) {
            RunnerService service = pool.service();
            String token = token(pool.client(), "sandpool");
            // Until the operator has bound the runners' account.
            TestPool.patiently()
                    .until(() ->
                            run(service, "Authorization", "Bearer " + token).status() == 200);

            assertThat(run(service, "Authorization", "Bearer " + token(pool.client(), "another"))
                            .status())
                    .isEqualTo(401);
            assertThat(run(service, "Authorization", "Bearer not.a.token").status())
                    .isEqualTo(401);
            assertThat(service.run(hello).status()).isEqualTo(401);
        }
    }

    /** As {@code kubectl create token} does. */
    private static String token(KubernetesClient client, String audience) {
        ServiceAccount account = new ServiceAccountBuilder()
                .withNewMetadata()
                .withName("e2e-frontend")
                .withNamespace(TestPool.NAMESPACE)
                .endMetadata()
                .build();
        var _ = client.resource(account).serverSideApply();
        return client.serviceAccounts()
                .inNamespace(TestPool.NAMESPACE)
                .withName("e2e-frontend")
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withAudiences(audience)
                        .withExpirationSeconds(600L)
                        .endSpec()
                        .build())
                .getStatus()
                .getToken();
    }

    /** One after the other; each must be served. */
    private Figures runs(RunnerService service, String caller) {
        List<Double> millis = new ArrayList<>();
        for (int i = 0; i < RUNS; i++) {
            long begin = System.nanoTime();
            Answer answer = run(service, slow, CALLER, caller);
            millis.add((System.nanoTime() - begin) / 1e6);
            assertThat(answer.stdout()).as(answer.toString()).isEqualTo("hello\n");
        }
        return Figures.of(millis);
    }

    private Answer run(RunnerService service, String header, String value) {
        return run(service, hello, header, value);
    }

    private static Answer run(RunnerService service, byte[] program, String header, String value) {
        HttpRequest request = HttpRequest.newBuilder(service.request(program), (_, _) -> true)
                .header(header, value)
                .build();
        return Answer.of(service.send(request));
    }
}
