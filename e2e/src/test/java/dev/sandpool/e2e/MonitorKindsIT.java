package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sandpool.e2e.cluster.Cluster;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The kinds of the Prometheus operator, as it publishes them, take what {@code manifests/monitoring} has for it. */
class MonitorKindsIT {
    private static final Path MANIFESTS = Path.of("..", "manifests", "monitoring");

    private static final ObjectMapper JSON = new ObjectMapper();
    private static String kinds = "";

    @BeforeAll
    static void thePrometheusOperatorsKinds() throws IOException {
        kinds = Prometheus.script("kinds");
        good("", "apply", "--server-side", "--filename=" + kinds);
        good("", "wait", "--for=condition=Established", "--timeout=60s", "--filename=" + kinds);
    }

    @AfterAll
    static void asItWas() {
        good("", "delete", "--ignore-not-found", "--kustomize=" + MANIFESTS);
        good("", "delete", "--ignore-not-found", "--filename=" + kinds);
    }

    @Test
    void nothingIsRefusedAndNothingIsPruned() throws IOException {
        Kubectl.Said applied =
                apply(Kubectl.call("kustomize", MANIFESTS.toString()).output());

        assertThat(applied.exitCode()).as(applied.warnings()).isZero();
        assertThat(applied.warnings()).isEmpty();
        for (GenericKubernetesResource object : Stream.of("monitors.yaml", "alerts.yaml")
                .flatMap(MonitorKindsIT::objects)
                .toList()) {
            JsonNode stored = JSON.readTree(good(
                    "",
                    "get",
                    object.getKind() + ".monitoring.coreos.com",
                    object.getMetadata().getName(),
                    "--namespace=" + Cluster.SYSTEM_NAMESPACE,
                    "--output=json"));
            assertHas(stored.get("spec"), JSON.valueToTree(object.get("spec")), object.getKind() + " spec");
        }
    }

    @Test
    void aFieldThatThereIsNotIsRefused() {
        String wrong = Kubectl.call("kustomize", MANIFESTS.toString())
                .output()
                .replace("podMetricsEndpoints:", "podEndpoints:");

        Kubectl.Said applied = apply(wrong);

        assertThat(applied.exitCode()).isNotZero();
        assertThat(applied.warnings()).contains("podEndpoints");
    }

    private static Stream<GenericKubernetesResource> objects(String file) {
        try {
            return Prometheus.objects(file).stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Kubectl.Said apply(String objects) {
        return Kubectl.callWith(objects, "apply", "--server-side", "--validate=strict", "--filename=-");
    }

    private static String good(String input, String... arguments) {
        Kubectl.Said said = Kubectl.callWith(input, arguments);
        assertThat(said.exitCode())
                .as(String.join(" ", arguments) + ": " + said.warnings())
                .isZero();
        return said.output();
    }

    /** The schema's defaults may be there as well. */
    private static void assertHas(JsonNode stored, JsonNode sent, String place) {
        assertThat(stored).as(place).isNotNull();
        if (sent.isObject()) {
            sent.properties()
                    .forEach(field ->
                            assertHas(stored.get(field.getKey()), field.getValue(), place + "." + field.getKey()));
        } else if (sent.isArray()) {
            assertThat(stored.size()).as(place).isEqualTo(sent.size());
            for (int i = 0; i < sent.size(); i++) {
                assertHas(stored.get(i), sent.get(i), place + "[" + i + "]");
            }
        } else {
            assertThat(stored).as(place).isEqualTo(sent);
        }
    }
}
