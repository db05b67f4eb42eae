package dev.sandpool.runner.api;

import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The paths below {@code /v1}, as {@code openapi.yaml} has them, and what can be done with each. */
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

    /** The first that fits: not every path that looks like a run's is one. */
    static Optional<ApiPath> of(String path) {
        return Stream.of(values())
                .filter(known -> known.pattern.matcher(path).matches())
                .findFirst();
    }

    String template() {
        return template;
    }

    /** The path of that run. */
    String with(String id) {
        return template.replace("{id}", id);
    }

    Set<String> methods() {
        return Set.of(methods.split(", "));
    }

    /** For {@code Allow}. */
    String allowed() {
        return methods + ", OPTIONS";
    }
}
