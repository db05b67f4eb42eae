package dev.sandpool.crds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.LinkedHashSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Says in a generated schema what the types say and the generator does not: descriptions, widths of integers, how quantities are written. */
final class SchemaDetails {
    /**
     * Kubernetes' own, but that an exponent is a whole number of two digits at most: Kubernetes' pattern lets fractions pass that nothing reads, and
     * to write 1e999999999 out takes a gigabyte.
     */
    private static final String QUANTITY =
            "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?[0-9]{1,2}))?$";

    /** No more than anybody writes: the rules about quantities are given only so much time. */
    private static final int LONGEST_QUANTITY = 32;

    private static final Map<Type, String> INTEGERS =
            Map.of(int.class, "int32", Integer.class, "int32", long.class, "int64", Long.class, "int64");

    private final Javadocs docs;

    SchemaDetails(Javadocs docs) {
        this.docs = docs;
    }

    /** Into the schema of what is of this type, and into those of all that it consists of. */
    void add(ObjectNode schema, Type type) {
        distinct(schema.get("x-kubernetes-validations"));
        switch (schema.path("type").asText()) {
            case "integer" -> integer(schema, type);
            case "array" -> add((ObjectNode) schema.required("items"), argument(type, 0));
            case "object" -> object(schema, type);
            default -> {
                if (schema.has("x-kubernetes-int-or-string")) {
                    schema.put("pattern", QUANTITY);
                    schema.put("maxLength", LONGEST_QUANTITY);
                }
            }
        }
    }

    private void object(ObjectNode schema, Type type) {
        if (schema.get("additionalProperties") instanceof ObjectNode values) {
            add(values, argument(type, 1));
            return;
        }
        Class<?> owner = (Class<?>) type;
        if (ours(owner)) {
            schema.put("description", docs.of(owner));
        }
        schema.path("properties").properties().forEach(property -> {
            var child = (ObjectNode) property.getValue();
            add(child, field(owner, property.getKey()).getGenericType());
            if (ours(owner)) {
                describe(child, owner, property.getKey());
            }
        });
    }

    private void describe(ObjectNode schema, Class<?> owner, String property) {
        String text = docs.of(owner, property);
        JsonNode value = schema.get("default");
        if (value instanceof ObjectNode) {
            // The generator has written out what is the default of each field within, where the API server finds it
            // anyway.
            schema.putObject("default");
        } else if (value != null) {
            text += " Default: " + value.asText() + ".";
        }
        schema.put("description", text);
    }

    private static void integer(ObjectNode schema, Type type) {
        schema.put("format", INTEGERS.get(type));
        for (String bound : new String[] {"minimum", "maximum"}) {
            if (schema.has(bound)) {
                schema.put(bound, schema.get(bound).asLong());
            }
        }
    }

    /** The generator finds a rule twice, at a record's field and at its accessor. */
    private static void distinct(@Nullable JsonNode rules) {
        if (rules instanceof ArrayNode array) {
            var once = new LinkedHashSet<JsonNode>();
            array.forEach(once::add);
            array.removeAll();
            array.addAll(once);
        }
    }

    private static boolean ours(Class<?> type) {
        return type.getPackage() == SandboxPool.class.getPackage();
    }

    private static Field field(Class<?> owner, String name) {
        for (Class<?> type = owner; type != null; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (field.getName().equals(name)) {
                    return field;
                }
            }
        }
        throw new IllegalStateException(owner + " has no field " + name);
    }

    private static Type argument(Type type, int index) {
        return ((ParameterizedType) type).getActualTypeArguments()[index];
    }
}
