package dev.sandpool.runner.api;

import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The paths below {@code /v1}, as in {@code openapi.yaml}, and the methods of each. */
enum ApiPath {
    LIVE("/v1/runs/live", "GET"),
    RUNS("/v1/runs", "GET", "POST"),
    RUN("/v1/runs/{id}", "DELETE", "GET"),
    POOL("/v1/pool", "GET"),
    POOL_EVENTS("/v1/pool/events", "GET");

    private final String template;
    private final Pattern pattern;
    private final String methods;

    ApiPath(String template, String... methods) {
        this.template = template;
        this.pattern = Pattern.compile(template.replace("{id}", "[^/]+"));
        this.methods = String.join(", ", methods);
    }

    /** Returns the first entry that matches: some fixed paths look like the path of a run. */
    static Optional<ApiPath> of(String path) {
        return Stream.of(values())
                .filter(known -> known.pattern.matcher(path).matches())
                .findFirst();
    }

    String template() {
        return template;
    }

    /** Returns the path with the id of a run. */
    String with(String id) {
        return template.replace("{id}", id);
    }

    Set<String> methods() {
        return Set.of(methods.split(", "));
    }

    /** Returns the value of {@code Allow}. */
    String allowed() {
        return methods + ", OPTIONS";
    }
}
