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
                [monitors.yaml](../manifests/monitoring/monitors.yaml) has the Prometheus operator scrape them,
                [alerts.yaml](../manifests/monitoring/alerts.yaml) and [dashboard.json](../manifests/monitoring/dashboard.json) read them.

                A test has Debian's Prometheus 2.42 scrape a cluster as the monitors say. Under load every expression of the dashboard has data. Each alert's expression is
                true after a fault of its kind, and none is without one. The kinds of the Prometheus operator 0.85 take the monitors and the alerts as they are.
                Debian's build has no discovery of Kubernetes: the test finds the targets, and Prometheus chooses among them. Grafana was not run.

                Every series is there from the start with the value 0, so a rate or an alert needs no first event. The values of labels come from the
                sets below: no name of a pod, a caller or a program is one. A histogram `NAME` is `NAME_bucket`, `NAME_count` and `NAME_sum`.

                Both programs tell of their JVM and process as well (`jvm_…`, `process_…`, `system_…`), as Micrometer does.

                ## Runner

                Each runner counts for itself: sum over the pods of a pool.

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
