package dev.sandpool.operator.pool;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.operator.cluster.ApiServer;
import dev.sandpool.operator.cluster.CompactStore;
import dev.sandpool.operator.cluster.Trimmed;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.Mappers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** What triggers a reconciliation of a pool: changes of its objects and of its runners' pods. */
final class PoolEventSources {
    private static final List<Class<? extends HasMetadata>> OWNED = List.of(
            ServiceAccount.class,
            Role.class,
            RoleBinding.class,
            NetworkPolicy.class,
            PodTemplate.class,
            ConfigMap.class,
            Service.class,
            PodDisruptionBudget.class,
            Deployment.class);

    private PoolEventSources() {}

    static List<EventSource<?, SandboxPool>> of(EventSourceContext<SandboxPool> context) {
        List<EventSource<?, SandboxPool>> sources = new ArrayList<>();
        OWNED.forEach(type -> sources.add(owned(type, context)));
        sources.add(runnerPods(context));
        return sources;
    }

    private static <T extends HasMetadata> InformerEventSource<T, SandboxPool> owned(
            Class<T> type, EventSourceContext<SandboxPool> context) {
        var informer = InformerEventSourceConfiguration.from(type, SandboxPool.class)
                .withName(type.getSimpleName())
                .withLabelSelector(PoolLabels.MANAGED_BY + "=" + PoolLabels.MANAGED_BY_SANDPOOL)
                .withInformerListLimit(ApiServer.LIST_LIMIT)
                .withSecondaryToPrimaryMapper(Mappers.fromOwnerReferences(SandboxPool.class))
                .withNamespacesInheritedFromController();
        store(type, context, Trimmed::owned).ifPresent(informer::withItemStore);
        return new InformerEventSource<>(informer.build(), context);
    }

    private static InformerEventSource<Pod, SandboxPool> runnerPods(EventSourceContext<SandboxPool> context) {
        var informer = InformerEventSourceConfiguration.from(Pod.class, SandboxPool.class)
                .withName("RunnerPods")
                .withLabelSelector(PoolLabels.ROLE + "=" + PoolLabels.ROLE_RUNNER)
                .withInformerListLimit(ApiServer.LIST_LIMIT)
                .withSecondaryToPrimaryMapper(PoolEventSources::poolOf)
                .withNamespacesInheritedFromController();
        store(Pod.class, context, Trimmed::pod).ifPresent(informer::withItemStore);
        return new InformerEventSource<>(informer.build(), context);
    }

    /**
     * Returns the store; none for several namespaces. Each of these has its own informer, the framework makes them
     * share one store, and each informer removes the objects of the others.
     */
    private static <T extends HasMetadata> Optional<CompactStore<T>> store(
            Class<T> type, EventSourceContext<SandboxPool> context, Consumer<T> trim) {
        var watched = context.getControllerConfiguration().getInformerConfig();
        return watched.watchAllNamespaces() || watched.getNamespaces().size() == 1
                ? Optional.of(new CompactStore<>(type, context.getClient().getKubernetesSerialization(), trim))
                : Optional.empty();
    }

    private static Set<ResourceID> poolOf(Pod pod) {
        Map<String, String> labels = pod.getMetadata().getLabels();
        return labels.containsKey(PoolLabels.POOL)
                ? Set.of(new ResourceID(
                        labels.get(PoolLabels.POOL), pod.getMetadata().getNamespace()))
                : Set.of();
    }
}
