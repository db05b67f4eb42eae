package dev.sandpool.e2e.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The write requests that an API server has had since its start, as its own metrics count them. */
public final class ApiWrites {
    private static final Set<String> VERBS = Set.of("POST", "PUT", "PATCH", "APPLY", "DELETE");
    private static final Pattern LABEL = Pattern.compile("(resource|subresource|verb)=\"([^\"]*)\"");

    private ApiWrites() {}

    /** Returns their number for each verb, resource and subresource, such as {@code PATCH pods/status}. */
    public static Map<String, Double> of(KubernetesClient client) {
        Map<String, Double> writes = new TreeMap<>();
        client.raw("/metrics")
                .lines()
                .filter(line -> line.startsWith("apiserver_request_total{"))
                .forEach(line -> {
                    Map<String, String> labels = new TreeMap<>();
                    Matcher matcher = LABEL.matcher(line);
                    while (matcher.find()) {
                        labels.put(matcher.group(1), matcher.group(2));
                    }
                    String verb = labels.getOrDefault("verb", "");
                    if (VERBS.contains(verb)) {
                        String subresource = labels.getOrDefault("subresource", "");
                        writes.merge(
                                verb + " " + labels.getOrDefault("resource", "")
                                        + (subresource.isEmpty() ? "" : "/" + subresource),
                                Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)),
                                Double::sum);
                    }
                });
        return writes;
    }

    /** Returns how many there have been since {@code before}, without those that there were none of. */
    public static Map<String, Double> since(Map<String, Double> before, KubernetesClient client) {
        Map<String, Double> more = of(client);
        before.forEach((write, count) -> more.merge(write, -count, Double::sum));
        more.values().removeIf(count -> count <= 0);
        return more;
    }
}
