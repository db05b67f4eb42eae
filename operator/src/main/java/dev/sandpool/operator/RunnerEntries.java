package dev.sandpool.operator;

import dev.sandpool.crds.RunnerStatus;
import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The list of runners in a pool's status. */
final class RunnerEntries {
    private RunnerEntries() {}

    /** Removes those of that name. Refused, and to be tried again, when the list is not as we saw it. */
    static void remove(KubernetesClient client, SandboxPool pool, Set<String> names) {
        var _ = client.resource(pool)
                .subresource("status")
                .patch(
                        new PatchContext.Builder()
                                .withPatchType(PatchType.JSON)
                                .withFieldManager(PoolReconciler.FIELD_MANAGER)
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
