package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Answer;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.http.HttpRequest;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Who may run programs on a pool. */
@Order(7)
class CallersIT {
    private final byte[] hello = Programs.staticC("hello");

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

    private Answer run(RunnerService service, String header, String value) {
        HttpRequest request = HttpRequest.newBuilder(service.request(hello), (_, _) -> true)
                .header(header, value)
                .build();
        return Answer.of(service.send(request));
    }
}
