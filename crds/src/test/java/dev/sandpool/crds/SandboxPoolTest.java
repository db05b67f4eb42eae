package dev.sandpool.crds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SandboxPoolTest {
    private static final JsonMapper JSON = new JsonMapper();

    /** Fabric8's own types, which keep what they do not know. */
    private static final Set<String> NOT_OURS = Set.of(
            "metadata",
            "imagePullSecrets",
            "resources",
            "topologySpreadConstraints",
            "tolerations",
            "affinity",
            "allowedNamespaces",
            "conditions");

    private static final Set<String> MAPS = Set.of("nodeSelector", "labels", "annotations");

    private final KubernetesSerialization serialization = new KubernetesSerialization();

    @Test
    void aPoolThatSaysEverythingComesBackTheSame() throws IOException {
        JsonNode full = full();
        SandboxPool pool = read(full);

        assertThat(CrdYaml.YAML.readTree(serialization.asYaml(pool))).isEqualTo(full);
        assertThat(read(CrdYaml.YAML.readTree(serialization.asJson(pool)))).isEqualTo(pool);
    }

    @Test
    void theSchemaKnowsNothingThatTheFullPoolDoesNotSay() throws IOException {
        JsonNode schema = DefaultsTest.schema();

        assertSaid(schema.path("properties").path("spec"), full().path("spec"));
        assertSaid(schema.path("properties").path("status"), full().path("status"));
    }

    private static void assertSaid(JsonNode schema, JsonNode value) {
        schema.path("properties").properties().forEach(property -> {
            assertThat(value.has(property.getKey())).as(property.getKey()).isTrue();
            if (!NOT_OURS.contains(property.getKey())) {
                JsonNode child = value.path(property.getKey());
                assertSaid(property.getValue(), child);
                assertSaid(property.getValue().path("items"), child.path(0));
            }
        });
    }

    @Test
    void fieldsOfANewerVersionAreIgnoredAtEveryLevel() throws IOException {
        JsonNode newer = full();
        addUnknown(newer);

        assertThat(newer.toString().split("fromTheFuture", -1)).hasSizeGreaterThan(12);
        assertThat(read(newer).getSpec()).isEqualTo(read(full()).getSpec());
        assertThat(read(newer).getStatus()).isEqualTo(read(full()).getStatus());
    }

    private static void addUnknown(JsonNode value) {
        value.properties().forEach(property -> {
            if (!NOT_OURS.contains(property.getKey()) && !MAPS.contains(property.getKey())) {
                addUnknown(property.getValue());
            }
        });
        if (value instanceof ObjectNode object) {
            object.putObject("fromTheFuture").putArray("list").add(1);
        }
        if (value.isArray()) {
            value.forEach(SandboxPoolTest::addUnknown);
        }
    }

    @Test
    void whatOperatorAndRunnersTellEachOtherMayBeOfANewerVersionToo() throws IOException {
        RunnerSettings settings = JSON.readValue("""
                {"revision": "a", "workers": 1, "warmMin": 1, "warmMax": 2, "queueDepth": 3,
                 "startTimeout": "30s", "queueTimeout": "10s", "fromTheFuture": {}}
                """, RunnerSettings.class);
        RunLimits limits = JSON.readValue("""
                {"memoryBytes": 1, "pids": 2, "binaryBytes": 3, "outputBytes": 4, "runTimeout": "5s", "fromTheFuture": 1}
                """, RunLimits.class);

        assertThat(settings)
                .isEqualTo(new RunnerSettings(
                        "a",
                        null,
                        new PoolRules(
                                1,
                                1,
                                2,
                                3,
                                "30s",
                                "10s",
                                ReuseSpec.defaults(),
                                null,
                                List.of(),
                                CallersSpec.defaults(),
                                AuthenticationSpec.defaults(),
                                CorsSpec.defaults())));
        assertThat(JSON.writeValueAsString(settings)).doesNotContain("stableRevision", "embedded", "rules");
        assertThat(limits).isEqualTo(new RunLimits(1, 2, 3, 0, 4, "5s", null));
    }

    /** The component of that name is no field of the JSON, so a newer version may write one. */
    @ParameterizedTest
    @ValueSource(strings = {"null", "3", "[]", "\"x\"", "{\"workers\": 9}"})
    void aFieldWithTheNameRulesIsUnknownToo(String value) throws IOException {
        String written = JSON.writeValueAsString(
                new RunnerSettings("a", "b", PoolRules.of(read(full()).getSpec())));

        RunnerSettings read =
                JSON.readValue(written.replaceFirst("\\{", "{\"rules\": " + value + ", "), RunnerSettings.class);

        assertThat(JSON.writeValueAsString(read)).isEqualTo(written);
    }

    @Test
    void aQuantityMayBeANumber() throws IOException {
        JsonNode pool = full();
        ((ObjectNode) pool.path("spec").path("limits")).put("memory", 104857600).put("cpu", 2);

        LimitsSpec limits = read(pool).getSpec().limits();

        assertThat(limits.memory()).isEqualTo(new Quantity("100Mi"));
        assertThat(limits.cpu()).isEqualTo(new Quantity("2"));
    }

    @Test
    void aLifetimeThatNoRunnerCanObeyIsRefusedWithItsField() {
        assertThatThrownBy(() -> new ReuseSpec(0, "5m", ReuseSpec.Scope.Caller).check())
                .hasMessage("reuse.maxRuns 0 must be at least 1");
        assertThatThrownBy(() -> new ReuseSpec(1, "0s", ReuseSpec.Scope.Caller).check())
                .hasMessage("reuse.maxAge 0s must be positive");
        var profile = EmbeddedSpec.defaults().seccompProfile();
        assertThatThrownBy(() -> new EmbeddedSpec(profile, true, 0, "5m").check())
                .hasMessage("embedded.maxRuns 0 must be at least 1");
        assertThatThrownBy(() -> new EmbeddedSpec(profile, true, 1, "0ms").check())
                .hasMessage("embedded.maxAge 0ms must be positive");
        assertThatCode(() -> {
                    ReuseSpec.defaults().check();
                    EmbeddedSpec.defaults().check();
                })
                .doesNotThrowAnyException();
    }

    @Test
    void runsAreAddedUp() {
        assertThat(new RunCounts(5, 2, 1).plus(new RunCounts(10, 1, 0))).isEqualTo(new RunCounts(15, 3, 1));
    }

    private SandboxPool read(JsonNode pool) {
        return serialization.unmarshal(pool.toString(), SandboxPool.class);
    }

    private static JsonNode full() throws IOException {
        return CrdYaml.YAML.readTree(SandboxPoolTest.class.getResourceAsStream("full.yaml"));
    }
}
