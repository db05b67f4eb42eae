package dev.sandpool.e2e;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The page of metrics, from what a runner and an operator tell from the start. */
final class MetricsPage {
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"([^\"]*)\"");
    private static final Pattern PARTS = Pattern.compile("_(count|sum)$");

    private MetricsPage() {}

    /** A metric's labels, each with the values that it may have. */
    private static final class Metric {
        private String type = "";
        private String meaning = "";
        private final TreeMap<String, Set<String>> labels = new TreeMap<>();

        private String row(String name) {
            String values = labels.entrySet().stream()
                    .map(label -> "`" + label.getKey() + "`: "
                            + label.getValue().stream()
                                    .map(value -> "`" + value + "`")
                                    .collect(Collectors.joining(", ")))
                    .collect(Collectors.joining("; "));
            return "| `%s` | %s | %s | %s |\n".formatted(name, type, values, meaning);
        }
    }

    static String of(List<String> runner, List<String> operator) {
        return """
                <!-- Made by "make docs" from runner/ and operator/src/test/resources/.../metrics.txt, which tests compare with the programs. -->
                # Metrics

                Runners and operators answer `GET /metrics` on their admin port, 8081, in Prometheus' text format.
                [monitors.yaml](../manifests/monitoring/monitors.yaml) makes the Prometheus operator scrape them.
                [alerts.yaml](../manifests/monitoring/alerts.yaml) and [dashboard.json](../manifests/monitoring/dashboard.json) use them.

                In a test, Debian's Prometheus 2.42 scrapes a cluster as the monitors say. Under load every expression of the dashboard has data. The
                expression of each alert is true after a fault of its kind, and no alert is true without a fault. An API server with the resources
                of the Prometheus operator 0.85 accepts the monitors and the alerts. Debian's build cannot find targets in Kubernetes: the test
                finds them, and Prometheus selects among them. Grafana was not run.

                Every series exists from the start with the value 0, so a rate or an alert needs no first event. The tables list all values of labels. Names
                of pods, callers or programs are never values. A histogram `NAME` has the series `NAME_bucket`, `NAME_count` and `NAME_sum`.

                Both programs also have Micrometer's metrics of their JVM and process (`jvm_…`, `process_…`, `system_…`).

                ## Runner

                Each runner counts separately. Add up the values of all runners of a pool.

                %s
                ## Operator

                Only the operator that leads sweeps and counts pools.

                %s""".formatted(table(runner), table(operator));
    }

    private static String table(List<String> lines) {
        var metrics = new TreeMap<String, Metric>();
        for (String line : lines) {
            if (line.startsWith("# ")) {
                String[] words = line.split(" ", 4);
                Metric metric = metrics.computeIfAbsent(words[2], _ -> new Metric());
                if (words[1].equals("TYPE")) {
                    metric.type = words[3];
                } else {
                    metric.meaning = sentence(words[3]);
                }
            }
        }
        for (String line : lines) {
            if (!line.startsWith("#")) {
                String series = line.split("\\{", 2)[0];
                Metric metric = metrics.get(
                        metrics.containsKey(series)
                                ? series
                                : PARTS.matcher(series).replaceFirst(""));
                if (metric == null) {
                    throw new IllegalArgumentException(line + " has no TYPE");
                }
                for (MatchResult label : LABEL.matcher(line).results().toList()) {
                    metric.labels
                            .computeIfAbsent(label.group(1), _ -> new LinkedHashSet<>())
                            .add(label.group(2));
                }
            }
        }
        return metrics.entrySet().stream()
                .map(metric -> metric.getValue().row(metric.getKey()))
                .collect(Collectors.joining(
                        "", "| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n", ""));
    }

    private static String sentence(String text) {
        String plain = text.strip().replace("|", "\\|");
        return plain.isEmpty() ? "" : Character.toUpperCase(plain.charAt(0)) + plain.substring(1);
    }
}
