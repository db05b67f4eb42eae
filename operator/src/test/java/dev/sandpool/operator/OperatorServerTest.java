package dev.sandpool.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.SandboxPool;
import dev.sandpool.log.LogFormat;
import dev.sandpool.operator.sweep.SweepVerdict;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OperatorServerTest {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final OperatorMetrics metrics = new OperatorMetrics(registry);
    private volatile Optional<String> unreadiness = Optional.empty();
    private final OperatorServer server = new OperatorServer(
            new OperatorConfig("image", Set.of(), "sandpool-system", "operator-1", "127.0.0.1", 0, LogFormat.TEXT),
            registry,
            () -> unreadiness);
    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeEach
    void start() {
        server.start();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void anOperatorThatAnswersIsAlive() throws Exception {
        unreadiness = Optional.of("not started yet");

        assertThat(get("/livez").statusCode()).isEqualTo(200);
        assertThat(get("/livez").body()).isEqualTo("OK\n");
    }

    @Test
    void anOperatorIsReadyUnlessItSaysWhyNot() throws Exception {
        assertThat(get("/readyz").statusCode()).isEqualTo(200);
        assertThat(get("/readyz").body()).isEqualTo("OK\n");

        unreadiness = Optional.of("shutting down");

        assertThat(get("/readyz").statusCode()).isEqualTo(503);
        assertThat(get("/readyz").body()).isEqualTo("shutting down\n");
    }

    @Test
    void allSeriesExistFromTheStart() throws Exception {
        assertThat(series())
                .contains(
                        "sandpool_unwanted_sandboxes 0.0",
                        "sandpool_sandboxes_stuck_terminating 0.0",
                        "sandpool_sweep_last_timestamp_seconds 0.0",
                        "sandpool_operator_leader 0.0",
                        "sandpool_pools{condition=\"Ready\",status=\"True\"} 0.0",
                        "sandpool_pools{condition=\"SandboxesStartable\",status=\"Unknown\"} 0.0",
                        "sandpool_pools{condition=\"Progressing\",status=\"False\"} 0.0",
                        "sandpool_pools{condition=\"Degraded\",status=\"True\"} 0.0")
                .containsAll(Stream.of(
                                "finished",
                                "pool_gone",
                                "not_made_by_a_runner",
                                "runner_gone",
                                "runner_restarted",
                                "node_gone",
                                "too_old",
                                "never_warm")
                        .map(reason -> "sandpool_sandboxes_swept_total{reason=\"" + reason + "\"} 0.0")
                        .toList());
    }

    @Test
    void metricsSayHowItIs() throws Exception {
        SandboxPool ready = Samples.pool("");
        ready.setStatus(Samples.status("conditions: [{type: Ready, status: 'True', observedGeneration: 1}]"));
        SandboxPool notReady = Samples.pool("");
        notReady.setStatus(
                Samples.status(
                        "conditions: [{type: Ready, status: 'False', observedGeneration: 1}, {type: Degraded, status: 'True', observedGeneration: 1}]"));
        SandboxPool changed = Samples.pool("");
        changed.getMetadata().setGeneration(2L);
        changed.setStatus(ready.getStatus());
        metrics.pools().watch(() -> Stream.of(ready, notReady, changed, Samples.pool("")));
        metrics.leads(true);
        metrics.sweeps().deleted(SweepVerdict.Reason.NODE_GONE);
        metrics.sweeps().swept(Samples.NOW, 7, 3);

        assertThat(series())
                .contains(
                        "sandpool_pools{condition=\"Ready\",status=\"True\"} 1.0",
                        "sandpool_pools{condition=\"Ready\",status=\"False\"} 1.0",
                        "sandpool_pools{condition=\"Ready\",status=\"Unknown\"} 2.0",
                        "sandpool_pools{condition=\"Degraded\",status=\"True\"} 1.0",
                        "sandpool_operator_leader 1.0",
                        "sandpool_sandboxes_swept_total{reason=\"node_gone\"} 1.0",
                        "sandpool_sandboxes_swept_total{reason=\"finished\"} 0.0",
                        "sandpool_unwanted_sandboxes 7.0",
                        "sandpool_sandboxes_stuck_terminating 3.0",
                        "sandpool_sweep_last_timestamp_seconds 1.7723664E9");
    }

    @Test
    void metricsAreOfThePrometheusKind() throws Exception {
        assertThat(get("/metrics").headers().firstValue("content-type"))
                .contains("text/plain; version=0.0.4; charset=utf-8");
    }

    @Test
    void nothingElseIsThere() throws Exception {
        assertThat(get("/").statusCode()).isEqualTo(404);
        HttpRequest post = request("/livez")
                .POST(HttpRequest.BodyPublishers.ofString("body"))
                .build();
        assertThat(client.send(post, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isIn(404, 405);
    }

    private Stream<String> series() throws IOException, InterruptedException {
        return get("/metrics").body().lines().filter(line -> !line.startsWith("#"));
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
    }
}
