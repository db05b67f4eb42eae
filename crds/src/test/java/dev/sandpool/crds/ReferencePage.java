package dev.sandpool.crds;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The page of all fields of a SandboxPool, from its CustomResourceDefinition. */
final class ReferencePage {
    static final Path FILE = Path.of("..", "docs", "reference.md");

    /** Fields that are Kubernetes' own, which its documentation describes. */
    private static final Map<String, String> KUBERNETES_TYPES = Map.of(
            "resources", "ResourceRequirements",
            "topologySpreadConstraints", "list of TopologySpreadConstraint",
            "tolerations", "list of Toleration",
            "affinity", "Affinity",
            "allowedNamespaces", "LabelSelector",
            "conditions", "list of Condition");

    private final StringBuilder page = new StringBuilder();

    private ReferencePage() {}

    static String of(JsonNode crd) {
        var made = new ReferencePage();
        JsonNode version = crd.path("spec").path("versions").path(0);
        made.head(crd, version);
        JsonNode schema = version.path("schema").path("openAPIV3Schema");
        made.rules(schema, "");
        JsonNode properties = schema.path("properties");
        made.object("spec", properties.path("spec"));
        made.object("status", properties.path("status"));
        return made.page.toString();
    }

    private void head(JsonNode crd, JsonNode version) {
        JsonNode names = crd.path("spec").path("names");
        line("<!-- Made by \"make docs\" from the CustomResourceDefinition. A test compares. -->");
        line("# Reference: SandboxPool");
        line("");
        line("`apiVersion: %s/%s`, `kind: %s`, %s. kubectl calls it %s too."
                .formatted(
                        crd.path("spec").path("group").asText(),
                        version.path("name").asText(),
                        names.path("kind").asText(),
                        crd.path("spec").path("scope").asText().equals("Namespaced")
                                ? "in a namespace"
                                : "of the cluster",
                        texts(names.path("shortNames")).collect(Collectors.joining("`, `", "`", "`"))));
        line("");
        line("See also [the runner's settings](settings-runner.md), [the operator's](settings-operator.md),"
                + " [metrics](metrics.md), and [looking after pools](pools.md).");
        line("[full.yaml](../manifests/samples/full.yaml) is a pool that sets every field.");
        line("");
        line("`kubectl get sandboxpools` prints these columns:");
        line("");
        line("| column | field | meaning |");
        line("| --- | --- | --- |");
        for (JsonNode column : version.path("additionalPrinterColumns")) {
            boolean wide = column.path("priority").asInt() > 0;
            line("| %s%s | `%s` | %s |"
                    .formatted(
                            column.path("name").asText(),
                            wide ? " (with `-o wide`)" : "",
                            column.path("jsonPath").asText(),
                            cell(column.path("description").asText())));
        }
        line("");
    }

    private void object(String path, JsonNode schema) {
        line("## `" + path + "`");
        line("");
        String description = schema.path("description").asText();
        if (!description.isEmpty()) {
            line(description);
            line("");
        }
        line("| field | type | default | bounds | meaning |");
        line("| --- | --- | --- | --- | --- |");
        List<String> required = texts(schema.path("required")).toList();
        schema.path("properties").properties().forEach(property -> field(property, required));
        line("");
        rules(schema, "");
        schema.path("properties")
                .properties()
                .forEach(property -> within(path, property.getKey(), property.getValue()));
    }

    private void field(Map.Entry<String, JsonNode> property, List<String> required) {
        String name = property.getKey();
        JsonNode schema = property.getValue();
        String standard = schema.has("default") ? code(schema.path("default")) : "";
        line("| `%s` | %s | %s | %s | %s |"
                .formatted(
                        name,
                        KUBERNETES_TYPES.getOrDefault(name, type(schema)),
                        required.contains(name) ? "required" : standard,
                        bounds(schema),
                        cell(schema.path("description").asText())));
    }

    private void within(String path, String name, JsonNode schema) {
        String full = path + "." + name;
        if (KUBERNETES_TYPES.containsKey(name)) {
            rulesAnywhere(schema, full, full);
        } else if (schema.has("properties")) {
            object(full, schema);
        } else if (schema.path("items").has("properties")) {
            rules(schema, full);
            object(full + "[]", schema.path("items"));
        } else {
            rulesAnywhere(schema, full, full);
        }
    }

    /** Of something whose fields are not listed, the rules of all that is in it. */
    private void rulesAnywhere(JsonNode schema, String full, String title) {
        rules(schema, title);
        schema.path("properties").properties().forEach(property -> {
            String inner = full + "." + property.getKey();
            rulesAnywhere(property.getValue(), inner, inner);
        });
        if (schema.has("items")) {
            rulesAnywhere(schema.path("items"), full + "[]", full + "[]");
        }
    }

    private void rules(JsonNode schema, String of) {
        JsonNode rules = schema.path("x-kubernetes-validations");
        if (rules.isEmpty()) {
            return;
        }
        line(of.isEmpty() ? "Rules:" : "Rules of `" + of + "`:");
        line("");
        for (JsonNode rule : rules) {
            line("* %s: `%s`"
                    .formatted(
                            rule.path("message").asText(),
                            rule.path("rule").asText().strip().replaceAll("\\s+", " ")));
        }
        line("");
    }

    private static String type(JsonNode schema) {
        if (schema.has("anyOf") || schema.path("x-kubernetes-int-or-string").asBoolean()) {
            return "quantity";
        }
        if (schema.has("items")) {
            return "list of " + type(schema.path("items"));
        }
        if (schema.path("additionalProperties").has("type")
                || schema.path("additionalProperties").has("anyOf")) {
            return "map of " + type(schema.path("additionalProperties"));
        }
        return schema.path("type").asText();
    }

    private static String bounds(JsonNode schema) {
        List<String> all = new ArrayList<>();
        range(all, schema, "minimum", "maximum", "");
        range(all, schema, "minLength", "maxLength", " characters");
        range(all, schema, "minItems", "maxItems", " items");
        range(all, schema, "minProperties", "maxProperties", " entries");
        if (schema.has("enum")) {
            all.add(texts(schema.path("enum")).collect(Collectors.joining("`, `", "one of `", "`")));
        }
        if (schema.has("pattern")) {
            all.add("matches " + quoted(schema.path("pattern").asText()));
        }
        JsonNode inner = schema.has("items") ? schema.path("items") : schema.path("additionalProperties");
        if (!inner.isMissingNode() && !inner.has("properties")) {
            String each = bounds(inner);
            if (!each.isEmpty()) {
                all.add("each " + each);
            }
        }
        return String.join("; ", all);
    }

    private static void range(List<String> all, JsonNode schema, String least, String most, String of) {
        if (schema.has(least) && schema.has(most)) {
            all.add(schema.path(least).asText() + " to " + schema.path(most).asText() + of);
        } else if (schema.has(least)) {
            all.add("at least " + schema.path(least).asText() + of);
        } else if (schema.has(most)) {
            all.add("at most " + schema.path(most).asText() + of);
        }
    }

    private static Stream<String> texts(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asText);
    }

    private static String code(JsonNode value) {
        return quoted(value.isTextual() ? value.asText() : value.toString());
    }

    private static String quoted(String text) {
        return "`" + cell(text) + "`";
    }

    /** A bar would end a cell, and so would a line's end. */
    private static String cell(String text) {
        return text.strip().replaceAll("\\s+", " ").replace("|", "\\|");
    }

    private void line(String text) {
        page.append(text).append('\n');
    }
}
