package dev.sandpool.e2e;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.PoolNames;
import dev.sandpool.e2e.run.Answer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestSpecBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.net.URI;
import java.util.Objects;

/** Somebody who has taken over a runner: what they may do is what its token may, which is bound to its pod. */
final class TakenOverRunner implements AutoCloseable {
    private static final long LIFE_SECONDS = 3600;

    private final KubernetesClient admin;
    private final Pod pod;
    private final String pool;
    private final KubernetesClient client;

    TakenOverRunner(KubernetesClient admin, Pod pod) {
        this(admin, pod, true);
    }

    /** With a token of the same ServiceAccount that is bound to no pod. */
    static TakenOverRunner unbound(KubernetesClient admin, Pod pod) {
        return new TakenOverRunner(admin, pod, false);
    }

    private TakenOverRunner(KubernetesClient admin, Pod pod, boolean isBound) {
        this.admin = admin;
        this.pod = pod;
        this.pool = Objects.requireNonNull(pod.getMetadata().getLabels().get(PoolLabels.POOL));
        Config cluster = admin.getConfiguration();
        this.client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(Config.empty())
                        .withMasterUrl(cluster.getMasterUrl())
                        .withCaCertData(cluster.getCaCertData())
                        .withCaCertFile(cluster.getCaCertFile())
                        .withTrustCerts(cluster.isTrustCerts())
                        .withOauthToken(token(isBound))
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .build();
    }

    private String token(boolean isBound) {
        var spec = new TokenRequestSpecBuilder().withExpirationSeconds(LIFE_SECONDS);
        if (isBound) {
            spec.withNewBoundObjectRef("v1", "Pod", name(), pod.getMetadata().getUid());
        }
        var request = new TokenRequestBuilder().withSpec(spec.build()).build();
        return admin.serviceAccounts()
                .inNamespace(namespace())
                .withName(PoolNames.runnerAccount(pool))
                .tokenRequest(request)
                .getStatus()
                .getToken();
    }

    KubernetesClient client() {
        return client;
    }

    String name() {
        return pod.getMetadata().getName();
    }

    String namespace() {
        return pod.getMetadata().getNamespace();
    }

    String pool() {
        return pool;
    }

    /** A sandbox as this runner makes it from its pool's PodTemplate. */
    Pod sandbox(String revision) {
        PodTemplate template = admin.resources(PodTemplate.class)
                .inNamespace(namespace())
                .withName(PoolNames.podTemplate(pool, revision))
                .require();
        return new PodBuilder()
                .withApiVersion("v1")
                .withKind("Pod")
                .withMetadata(template.getTemplate().getMetadata())
                .withSpec(template.getTemplate().getSpec())
                .editMetadata()
                .withName(PoolNames.sandboxPrefix(pool, name()) + "x".repeat(PoolNames.SANDBOX_LETTERS))
                .withNamespace(namespace())
                .addToLabels(PoolLabels.RUNNER, name())
                .addToLabels(PoolLabels.RUNNER_LIFE, "aaaaaaaaaa")
                .addNewOwnerReference()
                .withApiVersion("v1")
                .withKind("Pod")
                .withName(name())
                .withUid(pod.getMetadata().getUid())
                .withController(true)
                .withBlockOwnerDeletion(false)
                .endOwnerReference()
                .endMetadata()
                .build();
    }

    /** What the API server says to a request: 200 where it does as it is asked. */
    record Answer(int code, String body) {
        boolean isRefused() {
            return code == 403 || code == 422;
        }

        /** By a policy of Sandpool's, and not by the API server's own rules. */
        boolean isRefusedByPolicy() {
            return isRefused() && body.contains("ValidatingAdmissionPolicy 'sandpool-");
        }
    }

    Answer ask(String path, String method, Object body) {
        return ask(client, path, method, body);
    }

    static Answer ask(KubernetesClient client, String path, String method, Object body) {
        try {
            return new Answer(200, String.valueOf(client.raw(path, method, body)));
        } catch (KubernetesClientException e) {
            return new Answer(e.getCode(), String.valueOf(e.getMessage()));
        }
    }

    /** Asks for a change, as {@code kubectl patch --type=merge} does. */
    Answer patch(String path, String mergePatch) {
        HttpRequest request = client.getHttpClient()
                .newHttpRequestBuilder()
                .uri(URI.create(client.getMasterUrl().toString()).resolve(path))
                .method("PATCH", "application/merge-patch+json", mergePatch)
                .build();
        HttpResponse<String> response =
                client.getHttpClient().sendAsync(request, String.class).join();
        return new Answer(response.code(), response.body());
    }

    /** Asks for a pod, and makes none. */
    Answer create(Object body) {
        return ask(path("") + "?dryRun=All&fieldValidation=Strict", "POST", body);
    }

    /** Of a pod in its namespace, or with no name of all of them. */
    String path(String pod) {
        return "/api/v1/namespaces/" + namespace() + "/pods" + (pod.isEmpty() ? "" : "/" + pod);
    }

    @Override
    public void close() {
        client.close();
    }
}
