package dev.sandpool.runner.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sandpool.runner.sandbox.Outcome;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An error of the {@code /v1} paths, as defined by RFC 9457.
 *
 * @param name the last part of the type URI, from a closed set that {@code openapi.yaml} lists
 * @param more additional fields: texts and whole numbers
 */
public record Problem(String name, int status, String title, String detail, Map<String, Object> more) {
    public static final String MEDIA_TYPE = "application/problem+json";

    private static final ObjectMapper JSON = new ObjectMapper();
    // The limit of a client's text in a message, in characters. A problem is cached with its run for a while.
    private static final int LONGEST_SHOWN = 100;

    public Problem(String name, int status, String title, String detail) {
        this(name, status, title, detail, Map.of());
    }

    /** Creates the problem of a request with this outcome. */
    public static Problem of(Outcome outcome, String detail) {
        String name = outcome.problem().orElseThrow();
        return new Problem(name, outcome.status(), title(name), detail);
    }

    /** Returns the name in words. */
    private static String title(String name) {
        return Character.toUpperCase(name.charAt(0)) + name.substring(1).replace('-', ' ');
    }

    public static Problem runInProgress(String id) {
        return new Problem("run-in-progress", 409, "Run in progress", "the run " + id + " is under way");
    }

    /** Creates the problem of a request that cannot be parsed. */
    public static Problem badRequest(String detail) {
        return new Problem("bad-request", 400, "Bad request", detail);
    }

    /** Creates the problem of an invalid option. */
    public static Problem badOption(String field, String value, String detail) {
        var more = new LinkedHashMap<String, Object>();
        more.put("field", shown(field));
        more.put("value", shown(value));
        return new Problem("bad-option", 400, "Bad option", detail, more);
    }

    /** Creates the problem of an option that exceeds its limit. */
    public static Problem tooMuch(String field, String value, String bound) {
        var more = new LinkedHashMap<String, Object>();
        more.put("field", field);
        more.put("value", shown(value));
        more.put("bound", bound);
        return new Problem(
                "bad-option",
                400,
                "Bad option",
                "%s %s is more than the pool allows, which is %s".formatted(field, shown(value), bound),
                more);
    }

    /** Returns the beginning of a text that a client sent. */
    public static String shown(String text) {
        if (text.length() <= LONGEST_SHOWN) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(LONGEST_SHOWN - 1)) ? LONGEST_SHOWN - 1 : LONGEST_SHOWN;
        return text.substring(0, end) + "...";
    }

    /** Returns this problem with one more field. */
    public Problem with(String field, Object value) {
        var all = new LinkedHashMap<>(more);
        all.put(field, value);
        return new Problem(name, status, title, detail, all);
    }

    /** Returns the body of a response. */
    public byte[] bytes() {
        return (json().toPrettyString() + "\n").getBytes(UTF_8);
    }

    public ObjectNode json() {
        ObjectNode json = JSON.createObjectNode()
                .put("type", "/problems/" + name)
                .put("title", title)
                .put("status", status)
                .put("detail", detail);
        more.forEach(json::putPOJO);
        return json;
    }
}
