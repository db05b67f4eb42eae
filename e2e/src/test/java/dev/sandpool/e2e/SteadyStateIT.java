package dev.sandpool.e2e;

import dev.sandpool.e2e.cluster.ApiWrites;
import dev.sandpool.e2e.cluster.Cluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** A pool that nobody uses or changes costs the API server no writes. {@code make test} runs this last, beside what needs no cluster. */
@Tag("at-rest")
@Isolated("nothing may happen meanwhile")
class SteadyStateIT {
    // All that the operator and the runners write; leases, nodes and the like are Kubernetes' own.
    private static final List<String> OURS = List.of(
            "sandboxpools",
            "podtemplates",
            "configmaps",
            "deployments",
            "services",
            "serviceaccounts",
            "roles",
            "rolebindings",
            "networkpolicies",
            "poddisruptionbudgets",
            "pods",
            "events");

    @Test
    void nothingIsWrittenForAMinute() {
        try (Cluster cluster = new Cluster()) {
            cluster.awaitWarm(1);
            AtomicReference<Map<String, Double>> last = new AtomicReference<>(Map.of());
            // What the tests before have set going comes to its end: five minutes after the last run one warm sandbox
            // may go.
            Awaitility.await()
                    .pollInterval(Duration.ofSeconds(5))
                    .during(Duration.ofSeconds(60))
                    .atMost(Duration.ofMinutes(8))
                    .until(() -> {
                        Map<String, Double> now = writes(cluster);
                        return !now.isEmpty() && now.equals(last.getAndSet(now));
                    });
        }
    }

    private static Map<String, Double> writes(Cluster cluster) {
        Map<String, Double> ours = ApiWrites.of(cluster.client());
        ours.keySet().removeIf(write -> !OURS.contains(write.split("[ /]", -1)[1]));
        return ours;
    }
}
