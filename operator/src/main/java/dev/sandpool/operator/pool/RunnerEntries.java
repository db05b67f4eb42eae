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
     * Returns the runners that the watch has not reported but the API server has. If they were treated as gone, their
     * runs would be counted as retired and then reported again by themselves.
     *
     * @param seen the names of the runners' pods that the watch has reported
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

    /**
     * Removes the entries of those names. The API server refuses the request if the list has changed since it was read;
     * then it has to be tried again.
     */
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

    /** Removes from the end, so that no removal moves the entries that are still to be removed. */
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
