package dev.sandpool.e2e;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.api.model.APIResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Finds all objects in a namespace that belong to a pool, of every kind that the API server knows. */
final class OwnedObjects {
    private OwnedObjects() {}

    /** Returns kind and name of each object, without events: these outlive the pool. */
    static List<String> of(KubernetesClient client, SandboxPool pool) {
        List<String> found = new ArrayList<>();
        groupVersions(client)
                .forEach(groupVersion -> client.getApiResources(groupVersion).getResources().stream()
                        .filter(kind -> kind.getNamespaced()
                                && kind.getVerbs().contains("list")
                                && !kind.getName().contains("/")
                                && !kind.getKind().equals("Event"))
                        .forEach(kind -> list(client, groupVersion, kind, pool).stream()
                                .filter(object -> belongs(object, pool))
                                .map(object -> kind.getKind() + " "
                                        + object.getMetadata().getName())
                                .forEach(found::add)));
        return found;
    }

    private static Stream<String> groupVersions(KubernetesClient client) {
        return Stream.concat(
                Stream.of("v1"),
                client.getApiGroups().getGroups().stream()
                        .map(group -> group.getPreferredVersion().getGroupVersion()));
    }

    private static List<GenericKubernetesResource> list(
            KubernetesClient client, String groupVersion, APIResource kind, SandboxPool pool) {
        int slash = groupVersion.indexOf('/');
        var context = new ResourceDefinitionContext.Builder()
                .withGroup(slash < 0 ? "" : groupVersion.substring(0, slash))
                .withVersion(groupVersion.substring(slash + 1))
                .withKind(kind.getKind())
                .withPlural(kind.getName())
                .withNamespaced(true)
                .build();
        try {
            return client.genericKubernetesResources(context)
                    .inNamespace(pool.getMetadata().getNamespace())
                    .list()
                    .getItems();
        } catch (KubernetesClientException e) {
            throw new IllegalStateException(groupVersion + " " + kind.getName(), e);
        }
    }

    private static boolean belongs(GenericKubernetesResource object, SandboxPool pool) {
        var meta = object.getMetadata();
        boolean labelled = meta.getLabels() != null
                && pool.getMetadata().getName().equals(meta.getLabels().get(PoolLabels.POOL));
        boolean owned = meta.getOwnerReferences().stream()
                .anyMatch(owner -> owner.getUid().equals(pool.getMetadata().getUid()));
        return labelled || owned || pool.getMetadata().getUid().equals(meta.getUid());
    }
}
