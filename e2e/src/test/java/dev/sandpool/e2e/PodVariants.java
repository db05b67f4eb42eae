package dev.sandpool.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A pod changed in every field that the API server's own schema has: set where it is not, set otherwise or left out where it is. Fields of a
 * later Kubernetes are among them as soon as its schema has them.
 */
final class PodVariants {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String SCHEMAS = "#/components/schemas/";

    // Values that the API server takes where it does not take any text or number. Of several, each makes a variant.
    private static final Map<String, List<Object>> VALUES = Map.ofEntries(
            Map.entry("PodSpec.restartPolicy", List.of("Always", "OnFailure")),
            Map.entry("Container.restartPolicy", List.of("Always", "Never")),
            Map.entry("dnsPolicy", List.of("Default", "ClusterFirst")),
            Map.entry("priorityClassName", List.of("system-node-critical", "system-cluster-critical")),
            Map.entry("preemptionPolicy", List.of("Never")),
            Map.entry("imagePullPolicy", List.of("Always", "Never")),
            Map.entry("terminationMessagePolicy", List.of("FallbackToLogsOnError")),
            Map.entry("procMount", List.of("Unmasked")),
            Map.entry("supplementalGroupsPolicy", List.of("Merge")),
            Map.entry("fsGroupChangePolicy", List.of("OnRootMismatch")),
            Map.entry("SeccompProfile.type", List.of("Unconfined", "RuntimeDefault", "Localhost")),
            Map.entry("runtimeClassName", List.of("gvisor", "x")),
            Map.entry("AppArmorProfile.type", List.of("RuntimeDefault", "Unconfined")),
            Map.entry("seLinuxChangePolicy", List.of("MountOption")),
            Map.entry("Sysctl.name", List.of("net.ipv4.ip_unprivileged_port_start")),
            Map.entry("Sysctl.value", List.of("0")),
            Map.entry("drop", List.of("CHOWN")),
            Map.entry("add", List.of("NET_BIND_SERVICE", "SYS_ADMIN")),
            Map.entry("Toleration.operator", List.of("Exists")),
            Map.entry("NodeSelectorRequirement.operator", List.of("Exists")),
            Map.entry("LabelSelectorRequirement.operator", List.of("Exists")),
            Map.entry("effect", List.of("NoExecute", "NoSchedule")),
            Map.entry("topologyKey", List.of("kubernetes.io/hostname")),
            Map.entry("whenUnsatisfiable", List.of("DoNotSchedule")),
            Map.entry("PodOS.name", List.of("linux", "windows")),
            Map.entry("HostAlias.ip", List.of("192.0.2.1")),
            Map.entry("nameservers", List.of("192.0.2.1")),
            Map.entry("protocol", List.of("TCP")),
            Map.entry("medium", List.of("HugePages", "")),
            Map.entry("mountPath", List.of("/etc")),
            Map.entry("devicePath", List.of("/dev/x")),
            Map.entry("mountPropagation", List.of("HostToContainer")),
            Map.entry("recursiveReadOnly", List.of("Disabled")),
            Map.entry("path", List.of("x", "/x")),
            Map.entry("finalizers", List.of("example.org/any")),
            Map.entry("claimName", List.of("x")),
            Map.entry("PodResourceClaim.resourceClaimName", List.of("x")),
            Map.entry("fieldPath", List.of("metadata.name")),
            Map.entry("resource", List.of("limits.memory")),
            Map.entry("runAsUser", List.of(0, 1)),
            Map.entry("runAsGroup", List.of(0, 1)),
            Map.entry("creationTimestamp", List.of("2020-01-01T00:00:00Z")),
            Map.entry("deletionTimestamp", List.of("2020-01-01T00:00:00Z")),
            Map.entry("OwnerReference.apiVersion", List.of("apps/v1")),
            Map.entry("OwnerReference.kind", List.of("Deployment")),
            Map.entry("Quantity", List.of("7Mi")),
            Map.entry("IntOrString", List.of(80)),
            Map.entry("Time", List.of("2020-01-01T00:00:00Z")));

    private final JsonNode schemas;
    private final IdentityHashMap<JsonNode, String> types = new IdentityHashMap<>();
    private final List<Variant> variants = new ArrayList<>();
    private final ObjectNode pod;

    /**
     * One changed pod.
     *
     * @param field that is changed, of an object that is there, such as {@code spec.containers[].tty}
     * @param path of the change, which may be inside of what the field was set to
     */
    record Variant(String field, String path, String change, JsonNode pod) {
        @Override
        public String toString() {
            return path + " " + change;
        }
    }

    private record Sample(String path, JsonNode value) {}

    private interface Place {
        /** Puts a value there, or takes it away with null. */
        void put(@Nullable JsonNode value);
    }

    private PodVariants(JsonNode openApi, ObjectNode pod) {
        this.schemas = openApi.get("components").get("schemas");
        schemas.properties()
                .forEach(named -> types.put(
                        named.getValue(),
                        named.getKey().substring(named.getKey().lastIndexOf('.') + 1)));
        this.pod = pod;
    }

    /** @param openApi the API server's document {@code /openapi/v3/api/v1} */
    static List<Variant> of(JsonNode openApi, ObjectNode pod) {
        PodVariants all = new PodVariants(openApi, pod);
        all.change("metadata", all.schema("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"), (ObjectNode)
                pod.get("metadata"));
        all.change("spec", all.schema("io.k8s.api.core.v1.PodSpec"), (ObjectNode) pod.get("spec"));
        return all.variants;
    }

    private JsonNode schema(String name) {
        return schemas.get(name);
    }

    private void vary(
            String field, String path, String change, Place place, @Nullable JsonNode value, JsonNode before) {
        place.put(value);
        variants.add(new Variant(field, path, change, pod.deepCopy()));
        place.put(before);
    }

    /** Changes each field of what is there. */
    private void change(String path, JsonNode schema, ObjectNode there) {
        String type = typeOf(schema);
        for (Map.Entry<String, JsonNode> property : schema.get("properties").properties()) {
            String name = property.getKey();
            String field = path + "." + name;
            JsonNode of = property.getValue();
            JsonNode before = there.get(name);
            Place place = value -> {
                if (value == null) {
                    there.remove(name);
                } else {
                    there.set(name, value);
                }
            };
            if (before == null) {
                for (Sample sample : samples(type + "." + name, of, Set.of())) {
                    place.put(sample.value);
                    variants.add(new Variant(field, field + sample.path, "= " + sample.value, pod.deepCopy()));
                    there.remove(name);
                }
                continue;
            }
            vary(field, field, "left out", place, null, before);
            changeValue(field, type + "." + name, of, place, before);
        }
    }

    private void changeValue(String path, String key, JsonNode schema, Place place, JsonNode before) {
        JsonNode target = resolved(schema);
        if (before instanceof ObjectNode object && target.has("properties")) {
            change(path, target, object);
        } else if (before instanceof ObjectNode map) {
            JsonNode of = target.get("additionalProperties");
            Sample sample = samples(key, of, Set.of()).getFirst();
            vary(path, path + "{}", "more", place, map.deepCopy().set("example.org/any", sample.value), before);
            map.deepCopy().fieldNames().forEachRemaining(name -> {
                ObjectNode without = map.deepCopy();
                without.remove(name);
                vary(path, path + "{}", name + " left out", place, without, before);
                vary(path, path + "{}", name + " changed", place, map.deepCopy().set(name, sample.value), before);
            });
        } else if (before instanceof ArrayNode array) {
            JsonNode of = target.get("items");
            for (Sample sample : samples(key, of, Set.of())) {
                vary(
                        path,
                        path + "[]" + sample.path,
                        "and " + sample.value,
                        place,
                        array.deepCopy().add(sample.value),
                        before);
            }
            vary(path, path, "empty", place, JSON.arrayNode(), before);
            for (int i = 0; i < array.size(); i++) {
                int index = i;
                changeValue(
                        path + "[]",
                        key,
                        of,
                        value -> array.set(index, value == null ? JSON.nullNode() : value),
                        array.get(index));
            }
        } else {
            for (Sample sample : samples(key, schema, Set.of())) {
                if (!sample.value.equals(before)) {
                    vary(path, path, "= " + sample.value, place, sample.value, before);
                }
            }
        }
    }

    /** Values of a type, each with another of its fields, and those fields' with another of theirs. */
    private List<Sample> samples(String key, JsonNode schema, Set<String> within) {
        JsonNode target = resolved(schema);
        String type = typeOf(target);
        List<Object> known =
                VALUES.getOrDefault(key, VALUES.getOrDefault(key.substring(key.indexOf('.') + 1), VALUES.get(type)));
        if (target.has("properties")) {
            return objects(target, within);
        }
        if (target.has("items")) {
            return samples(key, target.get("items"), within).stream()
                    .map(each -> new Sample(
                            "[]" + each.path, (JsonNode) JSON.arrayNode().add(each.value)))
                    .toList();
        }
        if (target.has("additionalProperties")) {
            return samples(key, target.get("additionalProperties"), within).stream()
                    .map(each -> new Sample("{}" + each.path, JSON.objectNode().set("example.org/any", each.value)))
                    .toList();
        }
        if (known != null) {
            return known.stream().map(each -> new Sample("", scalar(each))).toList();
        }
        return switch (target.path("type").asText("object")) {
            case "boolean" -> List.of(new Sample("", JSON.booleanNode(true)), new Sample("", JSON.booleanNode(false)));
            case "integer", "number" -> List.of(new Sample("", JSON.numberNode(80)));
            case "string" -> List.of(new Sample("", JSON.textNode("x")));
            default -> List.of(new Sample("", JSON.objectNode()));
        };
    }

    private List<Sample> objects(JsonNode schema, Set<String> within) {
        String type = typeOf(schema);
        ObjectNode smallest = JSON.objectNode();
        List<Sample> samples = new ArrayList<>();
        if (within.contains(type)) {
            return List.of(new Sample("", smallest));
        }
        Set<String> deeper = new HashSet<>(within);
        deeper.add(type);
        for (JsonNode required : schema.path("required")) {
            String name = required.asText();
            smallest.set(
                    name,
                    samples(type + "." + name, schema.get("properties").get(name), deeper)
                            .getFirst()
                            .value);
        }
        samples.add(new Sample("", smallest));
        for (Map.Entry<String, JsonNode> property : schema.get("properties").properties()) {
            String name = property.getKey();
            for (Sample sample : samples(type + "." + name, property.getValue(), deeper)) {
                if (!sample.value.equals(smallest.get(name))) {
                    samples.add(new Sample(
                            "." + name + sample.path, smallest.deepCopy().set(name, sample.value)));
                }
            }
        }
        return samples;
    }

    private static JsonNode scalar(Object value) {
        return value instanceof Integer number ? JSON.numberNode(number) : JSON.textNode(value.toString());
    }

    private JsonNode resolved(JsonNode schema) {
        String reference = schema.path("$ref")
                .asText(schema.path("allOf").path(0).path("$ref").asText(""));
        return reference.isEmpty() ? schema : schema(reference.substring(SCHEMAS.length()));
    }

    /** The last part of its name. */
    private String typeOf(JsonNode schema) {
        return types.getOrDefault(schema, "");
    }
}
