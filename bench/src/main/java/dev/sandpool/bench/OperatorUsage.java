package dev.sandpool.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sandpool.e2e.cluster.Cluster;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the operators use, as the kubelets of their nodes count it. */
final class OperatorUsage {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Cluster cluster;

    OperatorUsage(Cluster cluster) {
        this.cluster = cluster;
    }

    double cpuSeconds() {
        return stats().mapToDouble(pod ->
                                pod.path("cpu").path("usageCoreNanoSeconds").asDouble())
                        .sum()
                / 1e9;
    }

    /** Returns the working set of each operator in MiB. */
    Map<String, Double> memoryMib() {
        Map<String, Double> memory = new TreeMap<>();
        stats().forEach(pod -> memory.put(
                name(pod), Math.rint(pod.path("memory").path("workingSetBytes").asDouble() / (1 << 20))));
        return memory;
    }

    int restarts() {
        return cluster.operators().stream()
                .flatMap(pod -> pod.getStatus().getContainerStatuses().stream())
                .mapToInt(container -> container.getRestartCount())
                .sum();
    }

    private Stream<JsonNode> stats() {
        Set<String> nodes = cluster.operators().stream()
                .map(pod -> pod.getSpec().getNodeName())
                .collect(Collectors.toSet());
        return nodes.stream()
                .map(node -> cluster.client().raw("/api/v1/nodes/" + node + "/proxy/stats/summary"))
                .flatMap(OperatorUsage::pods)
                .filter(pod -> name(pod).startsWith("sandpool-operator-"));
    }

    private static Stream<JsonNode> pods(String summary) {
        try {
            return JSON.readTree(summary).path("pods").valueStream();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String name(JsonNode pod) {
        return pod.path("podRef").path("name").asText("");
    }
}
