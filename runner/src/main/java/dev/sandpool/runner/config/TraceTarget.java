package dev.sandpool.runner.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The target of traces, set by OpenTelemetry's own environment variables. OpenTelemetry's SDK reads them all. Here is
 * only what has to be known without loading it: whether there are traces, and where they go.
 *
 * @param endpoint an OTLP receiver
 * @param variables OpenTelemetry's variables by name; they can be secret
 */
public record TraceTarget(URI endpoint, Map<String, String> variables) {
    private static final String PREFIX = "OTEL_";
    private static final String ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private static final String TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    private static final String RATIO = "OTEL_TRACES_SAMPLER_ARG";
    private static final String SAMPLER = "OTEL_TRACES_SAMPLER";
    private static final String DISABLED = "OTEL_SDK_DISABLED";
    private static final String EXPORTER = "OTEL_TRACES_EXPORTER";

    public TraceTarget {
        variables = Map.copyOf(variables);
    }

    /**
     * Reads the target; empty if no variable asks for traces.
     *
     * @param reject receives each error as a line with the variable and the rule
     */
    public static Optional<TraceTarget> read(Map<String, String> environment, Consumer<String> reject) {
        String variable = environment.getOrDefault(TRACES_ENDPOINT, "").isEmpty() ? ENDPOINT : TRACES_ENDPOINT;
        String endpoint = environment.getOrDefault(variable, "");
        if (endpoint.isEmpty()
                || environment.getOrDefault(DISABLED, "").equalsIgnoreCase("true")
                || environment.getOrDefault(EXPORTER, "").equals("none")) {
            return Optional.empty();
        }
        try {
            URI uri = new URI(endpoint);
            boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (http && uri.getHost() != null && uri.getUserInfo() == null && uri.getRawQuery() == null) {
                var variables = new TreeMap<>(environment);
                variables.keySet().removeIf(name -> !name.startsWith(PREFIX));
                return Optional.of(new TraceTarget(uri, variables));
            }
        } catch (URISyntaxException e) {
            // Reported below.
        }
        // What is before an @ or behind a ? can be secret.
        String shown = endpoint.contains("@") || endpoint.contains("?") ? "" : "=" + endpoint;
        reject.accept(variable + shown
                + ": must be a URL such as http://collector.observability:4318, without user, password and query");
        return Optional.empty();
    }

    /** Returns a description for the log, without headers and anything else that could be secret. */
    String inWords() {
        String where = endpoint.getScheme() + "://" + endpoint.getRawAuthority() + endpoint.getRawPath();
        return variables.containsKey(SAMPLER) ? where : where + " traces-ratio=" + variables.getOrDefault(RATIO, "1");
    }
}
