package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.crds.RunnerStatus;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Writes a runner's entry by server-side apply with its own field manager. So it writes only its own fields and leaves
 * other fields alone. A field that it no longer writes is removed.
 */
final class PoolStatusApi implements StatusSink {
    private static final String APPLY = "application/apply-patch+yaml"; // JSON is also YAML
    private static final Duration LONGEST_WRITE = Duration.ofSeconds(5);
    private static final int LONGEST_FAILURE = 300;

    private final KubernetesClient client;
    private final RunnerIdentity runner;
    private final KubernetesSerialization serialization;

    PoolStatusApi(KubernetesClient client, RunnerIdentity runner) {
        this.client = client;
        this.runner = runner;
        this.serialization = client.getKubernetesSerialization();
    }

    @Override
    public Written write(RunnerStatus entry) {
        try {
            HttpResponse<String> response = send(request("?force=true&fieldManager="
                            + URLEncoder.encode("sandpool-runner-" + runner.name(), StandardCharsets.UTF_8))
                    .method("PATCH", APPLY, serialization.asJson(patch(entry)))
                    .build());
            if (response.isSuccessful()) {
                return new Written.Done();
            }
            return response.code() == HttpURLConnection.HTTP_NOT_FOUND
                    ? new Written.NoPool()
                    : new Written.Failed(shortened(response.code() + " " + response.bodyString()));
        } catch (ExecutionException e) {
            return new Written.Failed(
                    shortened(Objects.requireNonNullElse(e.getCause(), e).toString()));
        } catch (TimeoutException e) {
            return new Written.Failed("no answer within " + LONGEST_WRITE.toSeconds() + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Written.Failed("interrupted");
        } catch (IOException e) {
            return new Written.Failed(shortened(e.toString()));
        }
    }

    @Override
    public boolean isLost(RunnerStatus entry) {
        try {
            HttpResponse<String> response = send(request("").build());
            if (!response.isSuccessful()) {
                return false;
            }
            SandboxPoolStatus status = serialization
                    .unmarshal(response.bodyString(), SandboxPool.class)
                    .getStatus();
            return status == null
                    || status.runners().stream()
                            .noneMatch(there -> there.name().equals(entry.name())
                                    && there.life().equals(entry.life()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException | IOException | KubernetesClientException e) {
            return false;
        }
    }

    private HttpResponse<String> send(HttpRequest request)
            throws ExecutionException, TimeoutException, InterruptedException {
        return client.getHttpClient()
                .sendAsync(request, String.class)
                .get(LONGEST_WRITE.toMillis(), TimeUnit.MILLISECONDS);
    }

    private HttpRequest.Builder request(String query) {
        String path = "/apis/%s/%s/namespaces/%s/%s/%s/status"
                .formatted(
                        SandboxPool.GROUP, SandboxPool.VERSION, runner.namespace(), SandboxPool.PLURAL, runner.pool());
        return client.getHttpClient()
                .newHttpRequestBuilder()
                .uri(URI.create(client.getMasterUrl().toString()).resolve(path + query))
                .header("Accept", "application/json")
                .timeout(LONGEST_WRITE.toMillis(), TimeUnit.MILLISECONDS);
    }

    private Map<String, Object> patch(RunnerStatus entry) {
        return Map.of(
                "apiVersion",
                SandboxPool.GROUP + "/" + SandboxPool.VERSION,
                "kind",
                SandboxPool.KIND,
                "metadata",
                Map.of("name", runner.pool(), "namespace", runner.namespace()),
                "status",
                Map.of("runners", List.of(entry)));
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST_FAILURE ? text : text.substring(0, LONGEST_FAILURE);
    }
}
