package dev.sandpool.crds;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the API server fills in and what the records fill in is the same. */
class DefaultsTest {
    private final KubernetesSerialization serialization = new KubernetesSerialization();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{image: x}",
                "{image: x, warm: {}, queue: {}, limits: {}, runner: {}, sandbox: {}}",
                "{image: x, warm: {min: 2}, limits: {memory: 1Gi}, runner: {service: {}}}",
                "{image: x, isolation: Embedded, embedded: {}}",
                "{image: x, isolation: Embedded, embedded: {seccompProfile: {type: Unconfined}, maxRuns: 5}}",
                "{image: x, runner: {service: {type: LoadBalancer}}, sandbox: {priorityClassName: low}}",
                "{image: x, imagePullPolicy: null, imagePullSecrets: null, replicas: null, workers: null, warm: null, queue: null,"
                        + " limits: null, network: null, runner: null, sandbox: null, paused: null}",
                "{image: x, warm: {min: null, max: null}, queue: {depth: null}, limits: {memory: null, pids: null, runTimeout: null},"
                        + " runner: {imagePullPolicy: null, service: {type: null, port: null, annotations: null}},"
                        + " sandbox: {labels: null, tolerations: null}}",
            })
    void theRecordsDefaultsAreTheSchemas(String spec) throws IOException {
        ObjectNode pool = CrdYaml.YAML.createObjectNode();
        pool.put("apiVersion", "sandpool.dev/v1alpha1").put("kind", "SandboxPool");
        pool.set("spec", CrdYaml.YAML.readTree(spec));
        SandboxPool read = serialization.unmarshal(pool.toString(), SandboxPool.class);
        JsonNode records = CrdYaml.YAML.readTree(serialization.asJson(read)).path("spec");

        JsonNode server = pool.path("spec");
        fillIn(schema().path("properties").path("spec"), server);

        assertThat(withoutEmpties(records)).isEqualTo(withoutEmpties(server));
    }

    /** Argo CD compares a list as a whole: one that the API server has added to would be another than that of the repository, for ever. */
    @Test
    void noDefaultLiesWithinAList() throws IOException {
        assertNoneWithinLists("spec", schema().path("properties").path("spec"), false);
    }

    private static void assertNoneWithinLists(String path, JsonNode schema, boolean withinList) {
        assertThat(withinList && schema.has("default")).as(path).isFalse();
        schema.path("properties")
                .properties()
                .forEach(property ->
                        assertNoneWithinLists(path + "." + property.getKey(), property.getValue(), withinList));
        if (schema.has("items")) {
            assertNoneWithinLists(path + "[]", schema.path("items"), true);
        }
    }

    static JsonNode schema() throws IOException {
        JsonNode crd = CrdYaml.YAML.readTree(CrdYaml.FILE.toFile());
        return crd.path("spec").path("versions").path(0).path("schema").path("openAPIV3Schema");
    }

    /** As the API server does: a null of what has a default is as if it was left out, and what is filled in is filled in within. */
    private static void fillIn(JsonNode schema, JsonNode value) {
        schema.path("properties").properties().forEach(property -> {
            JsonNode standard = property.getValue().get("default");
            if (value.path(property.getKey()).isMissingNode()
                    || value.path(property.getKey()).isNull()) {
                ((ObjectNode) value).remove(property.getKey());
                if (standard != null) {
                    ((ObjectNode) value).set(property.getKey(), standard.deepCopy());
                }
            }
            if (value.has(property.getKey())) {
                fillIn(property.getValue(), value.path(property.getKey()));
            }
        });
    }

    /** The records have empty lists and maps where the API server has nothing. */
    private static JsonNode withoutEmpties(JsonNode value) {
        var names = new ArrayList<String>();
        value.fieldNames().forEachRemaining(names::add);
        for (String name : names) {
            JsonNode child = withoutEmpties(value.path(name));
            if (child.isContainerNode() && child.isEmpty()) {
                ((ObjectNode) value).remove(name);
            }
        }
        return value;
    }
}
