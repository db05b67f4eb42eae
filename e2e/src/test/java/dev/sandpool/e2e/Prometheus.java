package dev.sandpool.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sandpool.e2e.cluster.Cluster;
import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * Debian's Prometheus in the network of the project's own node. It finds operators and runners by what {@code monitors.yaml} says, which is
 * translated as the Prometheus operator does, but for the interval: a second here.
 */
final class Prometheus implements AutoCloseable {
    private static final Path FOLDER = Path.of("..", "manifests", "monitoring");
    private static final Path SCRIPT = Path.of("..", "scripts", "prometheus");
    /** What Grafana asks for with an interval of 15 seconds. */
    private static final String RATE_INTERVAL = "1m";

    private static final String PODS = "pods.json";
    private static final String ENDPOINTS = "endpoints.json";
    private static final String ADDRESS = "10.99.0.2:9190";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final HttpClient http = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();
    /** When it had seen the operators. */
    private Instant since;

    private final ScheduledExecutorService discovery = Executors.newSingleThreadScheduledExecutor();
    private final KubernetesClient client;
    private final Path work;
    private final Process process;

    Prometheus(KubernetesClient client, Path work) throws IOException {
        this.client = client;
        this.work = work;
        Assumptions.assumeTrue(
                System.getenv("SANDPOOL_OWN_NODE") != null,
                "Prometheus runs in the network of the project's own node: make test brings it up");
        Path rules = work.resolve("rules.yaml");
        Files.writeString(rules, Serialization.asYaml(Map.of("groups", groups())));
        var _ = discovery.scheduleWithFixedDelay(this::discover, 0, 500, TimeUnit.MILLISECONDS);
        Path configuration = work.resolve("prometheus.yaml");
        Files.writeString(configuration, Serialization.asYaml(configuration(rules, work)));
        Path log = work.resolve("prometheus.log");
        process = new ProcessBuilder(
                        "nsenter",
                        "--net=/run/netns/sandpool",
                        Path.of(script("programs")).resolve("prometheus").toString(),
                        "--config.file=" + configuration,
                        "--storage.tsdb.path=" + work.resolve("data"),
                        "--web.listen-address=" + ADDRESS)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            Awaitility.await()
                    .atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> send("/-/ready").statusCode() == 200 && hasData("sandpool_operator_leader == 1"));
        } catch (RuntimeException e) {
            close();
            throw new IllegalStateException(Files.readString(log), e);
        }
        since = Instant.now();
    }

    /** Debian's build has no discovery of Kubernetes. This finds the same targets with the same labels, and relabelling chooses among them. */
    private void discover() {
        try {
            write(
                    PODS,
                    client.pods().inAnyNamespace().list().getItems().stream()
                            .filter(pod -> pod.getStatus().getPodIP() != null)
                            .flatMap(Prometheus::targets));
            write(
                    ENDPOINTS,
                    client.endpoints().inNamespace(Cluster.SYSTEM_NAMESPACE).list().getItems().stream()
                            .flatMap(endpoints ->
                                    endpoints.getSubsets().stream().flatMap(subset -> targets(endpoints, subset))));
        } catch (KubernetesClientException | UncheckedIOException e) {
            System.err.println("Prometheus keeps its targets: " + e);
        }
    }

    private void write(String file, Stream<Map<String, Object>> targets) {
        try {
            Path fresh = work.resolve(file + ".new");
            Files.writeString(fresh, json.writeValueAsString(targets.toList()));
            Files.move(fresh, work.resolve(file), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<Map<String, Object>> targets(Pod pod) {
        return pod.getSpec().getContainers().stream()
                .flatMap(container -> container.getPorts().stream())
                .map(port -> {
                    Map<String, String> labels = labels("pod", pod.getMetadata());
                    labels.put("__meta_kubernetes_pod_name", pod.getMetadata().getName());
                    labels.put(
                            "__meta_kubernetes_pod_container_port_name",
                            Objects.requireNonNullElse(port.getName(), ""));
                    return target(pod.getStatus().getPodIP(), port.getContainerPort(), labels);
                });
    }

    /** The endpoints of a Service have its labels. */
    private static Stream<Map<String, Object>> targets(Endpoints endpoints, EndpointSubset subset) {
        return Stream.concat(subset.getAddresses().stream(), subset.getNotReadyAddresses().stream())
                .flatMap(address -> subset.getPorts().stream().map(port -> {
                    Map<String, String> labels = labels("service", endpoints.getMetadata());
                    labels.put(
                            "__meta_kubernetes_pod_name", address.getTargetRef().getName());
                    labels.put("__meta_kubernetes_endpoint_port_name", Objects.requireNonNullElse(port.getName(), ""));
                    return target(address.getIp(), port.getPort(), labels);
                }));
    }

    private static Map<String, String> labels(String object, ObjectMeta metadata) {
        Map<String, String> labels = new HashMap<>();
        metadata.getLabels().forEach((name, value) -> labels.put(metaLabel(object, name), value));
        labels.put("__meta_kubernetes_namespace", metadata.getNamespace());
        return labels;
    }

    private static String metaLabel(String object, String name) {
        return "__meta_kubernetes_" + object + "_label_" + name.replaceAll("[^A-Za-z0-9]", "_");
    }

    private static Map<String, Object> target(String ip, int port, Map<String, String> labels) {
        return Map.of("targets", List.of(ip + ":" + port), "labels", labels);
    }

    /** What the project's script prints. */
    static String script(String command) throws IOException {
        Process script = new ProcessBuilder(SCRIPT.toString(), command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    private static Map<String, Object> configuration(Path rules, Path work) throws IOException {
        List<Object> jobs = new ArrayList<>();
        for (GenericKubernetesResource monitor : objects("monitors.yaml")) {
            boolean ofPods = monitor.getKind().equals("PodMonitor");
            for (Object endpoint : list(monitor, "spec", ofPods ? "podMetricsEndpoints" : "endpoints")) {
                jobs.add(job(monitor, map(endpoint), ofPods, work));
            }
        }
        return Map.of(
                "global",
                Map.of("scrape_interval", "1s", "scrape_timeout", "1s", "evaluation_interval", "1s"),
                "rule_files",
                List.of(rules.toAbsolutePath().toString()),
                "scrape_configs",
                jobs);
    }

    private static Map<String, Object> job(
            GenericKubernetesResource monitor, Map<String, Object> endpoint, boolean ofPods, Path targets) {
        String object = ofPods ? "pod" : "service";
        List<Object> relabelings = new ArrayList<>();
        Map<String, Object> labels = map(monitor.get("spec", "selector", "matchLabels"));
        labels.forEach((name, value) -> relabelings.add(keep(metaLabel(object, name), value)));
        relabelings.add(keep(
                ofPods ? "__meta_kubernetes_pod_container_port_name" : "__meta_kubernetes_endpoint_port_name",
                endpoint.get("port")));
        relabelings.add(Map.of("source_labels", List.of("__meta_kubernetes_namespace"), "target_label", "namespace"));
        relabelings.add(Map.of("source_labels", List.of("__meta_kubernetes_pod_name"), "target_label", "pod"));
        if (endpoint.get("relabelings") instanceof List<?> own) {
            for (Object each : own) {
                Map<String, Object> relabeling = map(each);
                assertOnly(relabeling, "sourceLabels", "targetLabel");
                relabelings.add(Map.of(
                        "source_labels",
                        Objects.requireNonNull(relabeling.get("sourceLabels")),
                        "target_label",
                        Objects.requireNonNull(relabeling.get("targetLabel"))));
            }
        }
        assertOnly(endpoint, "port", "path", "interval", "relabelings");
        return Map.of(
                "job_name",
                monitor.getMetadata().getName(),
                "metrics_path",
                Objects.requireNonNull(endpoint.get("path")),
                "file_sd_configs",
                List.of(Map.of(
                        "files",
                        List.of(targets.resolve(ofPods ? PODS : ENDPOINTS).toString()))),
                "relabel_configs",
                relabelings);
    }

    /** A field that is not translated would not be tested either. */
    private static void assertOnly(Map<String, Object> fields, String... known) {
        if (!List.of(known).containsAll(fields.keySet())) {
            throw new IllegalStateException(fields.keySet() + " of monitors.yaml are not all known here");
        }
    }

    private static Map<String, Object> keep(String label, @Nullable Object value) {
        return Map.of("action", "keep", "source_labels", List.of(label), "regex", Objects.requireNonNull(value));
    }

    /** The expressions of all alerts, by name. */
    static Map<String, String> alerts() throws IOException {
        return groups().stream()
                .flatMap(group -> ((List<?>) Objects.requireNonNull(map(group).get("rules"))).stream())
                .map(Prometheus::map)
                .collect(Collectors.toMap(rule -> (String) Objects.requireNonNull(rule.get("alert")), rule ->
                        (String) Objects.requireNonNull(rule.get("expr"))));
    }

    private static List<?> groups() throws IOException {
        return list(objects("alerts.yaml").getFirst(), "spec", "groups");
    }

    /** The expressions of the dashboard, for all namespaces and pools. */
    static List<String> dashboard() throws IOException {
        JsonNode panels = new ObjectMapper()
                .readTree(FOLDER.resolve("dashboard.json").toFile())
                .get("panels");
        return StreamSupport.stream(panels.spliterator(), false)
                .flatMap(panel -> StreamSupport.stream(panel.path("targets").spliterator(), false))
                .map(target -> target.get("expr")
                        .asText()
                        .replace("$__rate_interval", RATE_INTERVAL)
                        .replace("$namespace", ".*")
                        .replace("$pool", ".*"))
                .toList();
    }

    static List<GenericKubernetesResource> objects(String file) throws IOException {
        return Stream.of(Files.readString(FOLDER.resolve(file)).split("\n---\n", -1))
                .map(text -> Serialization.unmarshal(text, GenericKubernetesResource.class))
                .toList();
    }

    private static List<?> list(GenericKubernetesResource object, Object... path) {
        return (List<?>) Objects.requireNonNull(object.get(path));
    }

    @SuppressWarnings("unchecked") // YAML has no other keys
    private static Map<String, Object> map(Object node) {
        return (Map<String, Object>) node;
    }

    /** Whether an expression has a value now that is a number; one that is no expression is an error. */
    boolean hasData(String expression) {
        return values(query("/api/v1/query?query=" + encoded(expression)), "value")
                .anyMatch(value -> !value.equals("NaN"));
    }

    /** What was before does not count any more: a leader that has just come says that it never swept. */
    void startAnew() {
        since = Instant.now();
    }

    /** Whether it had any at a second since the operators were seen first, or since it was started anew. */
    boolean hadData(String expression) {
        String range = String.format(
                Locale.ROOT,
                "&start=%d&end=%d&step=1",
                since.getEpochSecond() + 1,
                Instant.now().getEpochSecond() + 1); // this second too
        return query("/api/v1/query_range?query=" + encoded(expression) + range)
                        .path("data")
                        .path("result")
                        .size()
                > 0;
    }

    /** The health of each rule, by the name of its alert. */
    Map<String, String> ruleHealth() {
        return StreamSupport.stream(
                        query("/api/v1/rules").path("data").path("groups").spliterator(), false)
                .flatMap(group -> StreamSupport.stream(group.path("rules").spliterator(), false))
                .collect(Collectors.toMap(
                        rule -> rule.path("name").asText(),
                        rule -> rule.path("health").asText()));
    }

    private static Stream<String> values(JsonNode answer, String field) {
        return StreamSupport.stream(answer.path("data").path("result").spliterator(), false)
                .map(result -> result.path(field).path(1).asText());
    }

    private JsonNode query(String path) {
        HttpResponse<String> answer = send(path);
        if (answer.statusCode() != 200) {
            throw new AssertionError(path + ": " + answer.body());
        }
        try {
            return json.readTree(answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpResponse<String> send(String path) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + ADDRESS + path))
                .timeout(PATIENCE)
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String encoded(String expression) {
        return URLEncoder.encode(expression, StandardCharsets.UTF_8);
    }

    /** It writes into its folder until it has ended. */
    @Override
    public void close() {
        discovery.close();
        process.destroyForcibly().onExit().join();
        http.close();
    }
}
