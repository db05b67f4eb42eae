package dev.sandpool.operator.plan;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sandpool.crds.RunnerSettings;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What a plan wants, as tests look at it. */
final class PlannedObjects {
    private PlannedObjects() {}

    static RunnerSettings settings(PoolPlan plan) {
        String json = only(plan, ConfigMap.class).getData().get(RunnerSettings.KEY);
        return new JsonMapper()
                .convertValue(Serialization.unmarshal(Objects.requireNonNull(json), Map.class), RunnerSettings.class);
    }

    static List<String> images(PoolPlan plan) {
        return named(plan, "sandboximages");
    }

    static List<String> named(PoolPlan plan, String resource) {
        return only(plan, Role.class).getRules().stream()
                .filter(rule -> rule.getResources().contains(resource))
                .flatMap(rule -> rule.getResourceNames().stream())
                .toList();
    }

    static <T extends HasMetadata> T only(PoolPlan plan, Class<T> kind) {
        return plan.desired().stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .findFirst()
                .orElseThrow();
    }
}
