package dev.sandpool.runner.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The target of traces, set by OpenTelemetry's own environment variables. Other OpenTelemetry variables have no effect.
 *
 * @param endpoint an OTLP receiver over HTTP, with its path
 * @param headers the headers of each request to it; they can be secret
 * @param ratio the share of traced requests, from 0 to 1, among those without a sampling decision of their own
 * @param resource attributes of this runner in each trace
 */
public record TraceTarget(URI endpoint, Map<String, String> headers, double ratio, Map<String, String> resource) {
    static final String ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";
    static final String TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    static final String HEADERS = "OTEL_EXPORTER_OTLP_HEADERS";
    static final String RATIO = "OTEL_TRACES_SAMPLER_ARG";
    static final String RESOURCE = "OTEL_RESOURCE_ATTRIBUTES";
    static final String SERVICE = "OTEL_SERVICE_NAME";
    static final String DISABLED = "OTEL_SDK_DISABLED";

    private static final String SERVICE_NAME = "service.name";

    public TraceTarget {
        headers = Map.copyOf(headers);
        resource = Map.copyOf(resource);
    }

    /**
     * Reads the target; empty if no variable asks for traces.
     *
     * @param reject receives each error as a line with the variable and the rule
     */
    public static Optional<TraceTarget> read(Map<String, String> environment, Consumer<String> reject) {
        String own = environment.getOrDefault(TRACES_ENDPOINT, "");
        String base = environment.getOrDefault(ENDPOINT, "");
        if ((own.isEmpty() && base.isEmpty())
                || environment.getOrDefault(DISABLED, "").equalsIgnoreCase("true")) {
            return Optional.empty();
        }
        URI endpoint = own.isEmpty()
                ? uri(ENDPOINT, base, base.replaceAll("/+$", "") + "/v1/traces", reject)
                : uri(TRACES_ENDPOINT, own, own, reject);
        var resource = new LinkedHashMap<String, String>();
        resource.put(SERVICE_NAME, "sandpool-runner");
        resource.putAll(pairs(RESOURCE, environment, reject));
        String service = environment.getOrDefault(SERVICE, "");
        if (!service.isEmpty()) {
            resource.put(SERVICE_NAME, service);
        }
        return endpoint == null
                ? Optional.empty()
                : Optional.of(new TraceTarget(
                        endpoint, pairs(HEADERS, environment, reject), ratio(environment, reject), resource));
    }

    /** Returns a description for the log, without headers and anything else that could be secret. */
    String inWords() {
        return endpoint.getScheme() + "://" + endpoint.getRawAuthority() + endpoint.getRawPath() + " traces-ratio="
                + ratio;
    }

    private static @Nullable URI uri(String variable, String said, String text, Consumer<String> reject) {
        try {
            URI uri = new URI(text);
            boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (http && uri.getHost() != null && uri.getUserInfo() == null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // Reported below.
        }
        reject.accept(variable + "=" + said + ": must be a URL such as http://collector.observability:4318");
        return null;
    }

    private static double ratio(Map<String, String> environment, Consumer<String> reject) {
        String text = environment.getOrDefault(RATIO, "");
        if (text.isEmpty()) {
            return 1;
        }
        try {
            double ratio = Double.parseDouble(text);
            if (ratio >= 0 && ratio <= 1) {
                return ratio;
            }
        } catch (NumberFormatException e) {
            // Reported below.
        }
        reject.accept(RATIO + "=" + text + ": must be a number from 0 to 1");
        return 1;
    }

    /** Parses comma-separated names and values. The values are percent-encoded. */
    private static Map<String, String> pairs(
            String variable, Map<String, String> environment, Consumer<String> reject) {
        var pairs = new LinkedHashMap<String, String>();
        for (String pair : environment.getOrDefault(variable, "").split(",", -1)) {
            int equals = pair.indexOf('=');
            try {
                if (equals > 0) {
                    String value = pair.substring(equals + 1).strip().replace("+", "%2B");
                    pairs.put(pair.substring(0, equals).strip(), URLDecoder.decode(value, StandardCharsets.UTF_8));
                } else if (!pair.isBlank()) {
                    throw new IllegalArgumentException("no name");
                }
            } catch (IllegalArgumentException e) {
                // Without the value, which can be secret.
                reject.accept(variable + ": must be name=value,name=value, with percent-encoded values");
            }
        }
        return pairs;
    }
}
