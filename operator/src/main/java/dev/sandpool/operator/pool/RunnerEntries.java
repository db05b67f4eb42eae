package dev.sandpool.operator.pool;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.RunnerStatus;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.operator.cluster.ApiServer;
import dev.sandpool.operator.cluster.Pods;
import dev.sandpool.operator.objects.Hashes;
import dev.sandpool.operator.objects.PoolObjects;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The list of runners in a pool's status. */
final class RunnerEntries {
    private RunnerEntries() {}

    /**
     * Those that the watch does not see and that the API server has all the same. Taken for gone, their runs would be retired, and told by
     * them again.
     *
     * @param seen the names of the runners' pods that the watch sees
     */
    static Set<String> overlooked(KubernetesClient client, SandboxPool pool, Set<String> seen) {
        if (pool.getStatus() == null) {
            return Set.of();
        }
        return pool.getStatus().runners().stream()
                .map(RunnerStatus::name)
                .filter(name -> !seen.contains(name))
                .filter(name -> isRunner(
                        client.pods()
                                .inNamespace(pool.getMetadata().getNamespace())
                                .withName(name)
                                .get(),
                        pool))
                .collect(Collectors.toSet());
    }

    private static boolean isRunner(@Nullable Pod pod, SandboxPool pool) {
        return pod != null
                && !Pods.hasEnded(pod)
                && PoolObjects.selector(pool.getMetadata().getName(), PoolLabels.ROLE_RUNNER).entrySet().stream()
                        .allMatch(label -> label.getValue()
                                .equals(pod.getMetadata().getLabels().get(label.getKey())));
    }

    /** Removes those of that name. Refused, and to be tried again, when the list is not as we saw it. */
    static void remove(KubernetesClient client, SandboxPool pool, Set<String> names) {
        var _ = client.resource(pool)
                .subresource("status")
                .patch(
                        new PatchContext.Builder()
                                .withPatchType(PatchType.JSON)
                                .withFieldManager(ApiServer.FIELD_MANAGER)
                                .build(),
                        Hashes.canonical(patch(pool.getStatus().runners(), names)));
    }

    /** From the end, so that no removal moves what comes after it. */
    static List<Map<String, String>> patch(List<RunnerStatus> runners, Set<String> names) {
        List<Map<String, String>> steps = new ArrayList<>();
        for (int i = runners.size() - 1; i >= 0; i--) {
            String name = runners.get(i).name();
            if (names.contains(name)) {
                String path = "/status/runners/" + i;
                steps.add(Map.of("op", "test", "path", path + "/name", "value", name));
                steps.add(Map.of("op", "remove", "path", path));
            }
        }
        return steps;
    }
}
