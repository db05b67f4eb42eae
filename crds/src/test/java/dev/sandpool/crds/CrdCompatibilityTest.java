package dev.sandpool.crds;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * The CustomResourceDefinition of a version before, older.yaml, and the present one: an API server may have the one while operators and
 * runners are of the other. Where a change is meant to break that, it is in CHANGELOG.md, and older.yaml becomes a copy of the new one.
 */
class CrdCompatibilityTest {
    /** Bounds, and whether a smaller value of it lets less pass. */
    private static final List<String> LOWER = List.of("minimum", "minLength", "minItems");

    private static final List<String> UPPER = List.of("maximum", "maxLength", "maxItems", "maxProperties");

    private final KubernetesSerialization serialization = new KubernetesSerialization();

    @Test
    void aPoolThatWasTakenBeforeIsTakenStill() throws IOException {
        List<String> tighter = new ArrayList<>();
        compare("", schema(older()), schema(newer()), tighter);

        assertThat(tighter).isEmpty();
    }

    @Test
    void theComparisonFindsWhatIsTighter() throws IOException {
        assertThat(tighterAfter("/properties/spec/properties/workers", "{type: integer, maximum: 5}"))
                .contains(".spec.workers: maximum is 5, and was 1000");
        assertThat(tighterAfter("/properties/spec/properties/workers", "{type: string}"))
                .contains(".spec.workers: type is \"string\", and was \"integer\"");
        assertThat(tighterAfter("/properties/spec/properties/isolation", "{type: string, enum: [Embedded]}"))
                .contains(".spec.isolation: RuntimeClass is no value any more");
        assertThat(tighterAfter("/properties/spec/properties/launchers", "{type: array}"))
                .contains(".spec.launchers[] is gone");
        assertThat(tighterAfter("/properties/spec/properties/paused", "{type: boolean, default: true}"))
                .contains(".spec.paused: default is true, and was false");
    }

    /** An older API server drops fields that it does not know, and fills in its own defaults. */
    @Test
    void anOlderApiServersPoolIsReadAsTheNewOneWouldBe() throws IOException {
        JsonNode pool = CrdYaml.YAML.readTree(getClass().getResourceAsStream("full.yaml"));
        JsonNode spec = pool.path("spec").deepCopy();
        keep(schema(older()).at("/properties/spec"), spec);

        SandboxPool read = serialization.unmarshal(
                CrdYaml.YAML.createObjectNode().<ObjectNode>set("spec", spec).toString(), SandboxPool.class);
        JsonNode back = CrdYaml.YAML.readTree(serialization.asJson(read)).path("spec");
        keep(schema(older()).at("/properties/spec"), back);

        assertThat(back).isEqualTo(spec);
    }

    /** What operators and runners write is refused as a whole if one of its fields is not known: server-side apply knows no other way. */
    @Test
    void thisOperatorsStatusIsTakenByAnOlderApiServer() throws IOException {
        List<String> unknown = new ArrayList<>();
        unknown(
                "status",
                schema(newer()).at("/properties/status"),
                schema(older()).at("/properties/status"),
                unknown);

        assertThat(unknown)
                .as("docs/upgrade.md says that these make the order of an upgrade matter")
                .isEmpty();
    }

    private List<String> tighterAfter(String path, String yaml) throws IOException {
        JsonNode changed = schema(newer()).deepCopy();
        int last = path.lastIndexOf('/');
        ((ObjectNode) changed.at(path.substring(0, last))).set(path.substring(last + 1), CrdYaml.YAML.readTree(yaml));
        List<String> tighter = new ArrayList<>();
        compare("", schema(older()), changed, tighter);
        return tighter;
    }

    private static void compare(String path, JsonNode before, JsonNode now, List<String> tighter) {
        for (String word : List.of("type", "pattern", "x-kubernetes-int-or-string", "x-kubernetes-list-type")) {
            if (!Objects.equals(before.get(word), now.get(word)) && (now.has(word) || word.equals("type"))) {
                tighter.add("%s: %s is %s, and was %s".formatted(path, word, now.get(word), before.get(word)));
            }
        }
        // A default that was left out has its place in the code; one that is another makes other pools.
        if (before.has("default")
                && now.has("default")
                && !before.get("default").equals(now.get("default"))) {
            tighter.add("%s: default is %s, and was %s".formatted(path, now.get("default"), before.get("default")));
        }
        LOWER.stream()
                .filter(word -> now.path(word).asLong(Long.MIN_VALUE)
                        > before.path(word).asLong(Long.MIN_VALUE))
                .forEach(word -> tighter.add(bound(path, word, before, now)));
        UPPER.stream()
                .filter(word -> now.path(word).asLong(Long.MAX_VALUE)
                        < before.path(word).asLong(Long.MAX_VALUE))
                .forEach(word -> tighter.add(bound(path, word, before, now)));
        List<String> values = texts(now.path("enum"));
        texts(before.path("enum")).stream()
                .filter(value -> !values.isEmpty() && !values.contains(value))
                .forEach(value -> tighter.add(path + ": " + value + " is no value any more"));
        List<String> required = texts(before.path("required"));
        texts(now.path("required")).stream()
                .filter(name -> !required.contains(name))
                .forEach(name -> tighter.add(path + "." + name + " is required now"));
        List<String> rules = rules(before);
        rules(now).stream()
                .filter(rule -> !rules.contains(rule))
                .forEach(rule -> tighter.add(path + ": a rule is new: " + rule));
        before.path("properties").properties().forEach(property -> {
            String name = path + "." + property.getKey();
            into(name, property.getValue(), now.path("properties").path(property.getKey()), tighter);
        });
        for (String inner : List.of("items", "additionalProperties")) {
            if (before.path(inner).isObject()) {
                into(path + "[]", before.path(inner), now.path(inner), tighter);
            }
        }
    }

    private static void into(String path, JsonNode before, JsonNode now, List<String> tighter) {
        if (now.isMissingNode()) {
            tighter.add(path + " is gone");
        } else {
            compare(path, before, now, tighter);
        }
    }

    private static String bound(String path, String word, JsonNode before, JsonNode now) {
        return "%s: %s is %s, and was %s".formatted(path, word, now.path(word), before.path(word));
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(each -> texts.add(each.asText()));
        return texts;
    }

    private static List<String> rules(JsonNode schema) {
        List<String> rules = new ArrayList<>();
        schema.path("x-kubernetes-validations")
                .forEach(rule -> rules.add(rule.path("rule").asText()));
        return rules;
    }

    private static void unknown(String path, JsonNode written, JsonNode known, List<String> unknown) {
        written.path("properties").properties().forEach(property -> {
            String name = path + "." + property.getKey();
            JsonNode there = known.path("properties").path(property.getKey());
            if (there.isMissingNode()) {
                unknown.add(name);
            } else {
                unknown(name, property.getValue(), there, unknown);
                unknown(name + "[]", property.getValue().path("items"), there.path("items"), unknown);
            }
        });
    }

    /** Drops what a schema does not know, as an API server does. */
    private static void keep(JsonNode schema, JsonNode value) {
        if (value.isArray()) {
            value.forEach(each -> keep(schema.path("items"), each));
        } else if (value instanceof ObjectNode object && schema.has("properties")) {
            object.retain(fieldsOf(schema));
            object.properties()
                    .forEach(field -> keep(schema.path("properties").path(field.getKey()), field.getValue()));
        }
    }

    private static List<String> fieldsOf(JsonNode schema) {
        List<String> names = new ArrayList<>();
        schema.path("properties").fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static JsonNode older() throws IOException {
        return CrdYaml.YAML.readTree(CrdCompatibilityTest.class.getResourceAsStream("older.yaml"));
    }

    private static JsonNode newer() throws IOException {
        return CrdYaml.YAML.readTree(CrdYaml.FILE.toFile());
    }

    private static JsonNode schema(JsonNode crd) {
        return crd.at("/spec/versions/0/schema/openAPIV3Schema");
    }
}
