package dev.sandpool.crds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.crdv2.generator.CRDGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;

/** The CustomResourceDefinition: generated from the records, and then with what their annotations cannot say. */
final class CrdYaml {
    static final Path FILE = Path.of("sandboxpools.sandpool.dev-v1.yaml");

    static final YAMLMapper YAML = YAMLMapper.builder()
            .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
            .disable(YAMLGenerator.Feature.SPLIT_LINES)
            .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
            .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
            .build();

    private static final String HEAD = "# Made by \"make crds\" from the records in this module. A test compares.\n";
    private static final Path SOURCES = Path.of("src/main/java");

    private CrdYaml() {}

    static String generate() throws IOException {
        var crd = (ObjectNode) YAML.readTree(generated());
        var version = (ObjectNode) crd.path("spec").path("versions").path(0);
        var schema = (ObjectNode) version.path("schema").path("openAPIV3Schema");
        Javadocs docs = Javadocs.of(SOURCES);
        schema.put("description", docs.of(SandboxPool.class));
        var details = new SchemaDetails(docs);
        details.add(property(schema, "spec"), SandboxPoolSpec.class);
        details.add(property(schema, "status"), SandboxPoolStatus.class);

        JsonNode additions = YAML.readTree(CrdYaml.class.getResourceAsStream("additions.yaml"));
        merge((ObjectNode) crd.path("spec").path("names"), additions.path("names"));
        merge(version, additions.path("version"));
        return HEAD + YAML.writeValueAsString(sorted(crd));
    }

    private static byte[] generated() {
        var bytes = new ByteArrayOutputStream();
        new CRDGenerator()
                .customResourceClasses(SandboxPool.class)
                .forCRDVersions("v1")
                .withOutput(new CRDGenerator.CRDOutput<ByteArrayOutputStream>() {
                    @Override
                    public ByteArrayOutputStream outputFor(String name) {
                        return bytes;
                    }

                    @Override
                    public void close() {}
                })
                .generate();
        return bytes.toByteArray();
    }

    private static ObjectNode property(ObjectNode schema, String name) {
        return (ObjectNode) schema.path("properties").path(name);
    }

    /** As a JSON merge patch does, but that it adds no property to a schema: one that was renamed in the records would stay behind here. */
    private static void merge(ObjectNode into, JsonNode additions) {
        for (Map.Entry<String, JsonNode> addition : additions.properties()) {
            JsonNode there = into.get(addition.getKey());
            if (there instanceof ObjectNode object && addition.getValue() instanceof ObjectNode more) {
                if (addition.getKey().equals("properties")) {
                    more.fieldNames().forEachRemaining(name -> require(object.has(name), name));
                }
                merge(object, more);
            } else {
                into.set(addition.getKey(), addition.getValue());
            }
        }
    }

    private static void require(boolean there, String name) {
        if (!there) {
            throw new IllegalStateException("additions.yaml names " + name + ", which is no property");
        }
    }

    /** By name, so that an addition is found where a reader looks for it. */
    private static JsonNode sorted(JsonNode node) {
        if (node instanceof ArrayNode array) {
            ArrayNode result = YAML.createArrayNode();
            array.forEach(item -> result.add(sorted(item)));
            return result;
        }
        if (!(node instanceof ObjectNode)) {
            return node;
        }
        ObjectNode result = YAML.createObjectNode();
        node.properties().stream()
                .sorted(Comparator.comparing(Map.Entry::getKey))
                .forEach(entry -> result.set(entry.getKey(), sorted(entry.getValue())));
        return result;
    }
}
