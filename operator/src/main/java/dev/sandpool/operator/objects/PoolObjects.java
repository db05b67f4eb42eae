package dev.sandpool.operator.objects;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.RunnerSettings;
import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodTemplate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The desired objects of a pool. Pure functions of the pool. */
public final class PoolObjects {
    private PoolObjects() {}

    /**
     * Returns the objects in the order in which they are applied: the template and permissions before the runners that
     * need them.
     *
     * @param templates the PodTemplates that runners may use. Admission policies compare sandboxes with them, so all of
     *     them exist
     * @param inUse the revision that the settings of runners name, whose PodTemplate exists too; empty while there is
     *     none
     * @param stableRevision as in {@link RunnerSettings}; empty if there is none yet
     * @param account the uid of the runners' ServiceAccount. Without one there is no Deployment yet: it follows as soon
     *     as the account is observed
     */
    public static List<HasMetadata> desired(
            SandboxPool pool,
            SandboxRevision revision,
            Collection<PodTemplate> templates,
            Optional<String> inUse,
            String stableRevision,
            Installation installation,
            Optional<String> account,
            boolean runnersReady) {
        List<HasMetadata> objects = new ArrayList<>();
        objects.add(revision.podTemplate(pool));
        objects.add(Accounts.sandboxAccount(pool));
        objects.add(Accounts.runnerAccount(pool));
        objects.add(Accounts.role(pool, templates));
        objects.add(Accounts.roleBinding(pool));
        objects.addAll(Policies.all(pool, installation.apiServer()));
        inUse.map(name -> Runners.settings(pool, name, stableRevision)).ifPresent(objects::add);
        objects.add(Runners.service(pool, runnersReady));
        objects.add(Runners.disruptionBudget(pool));
        account.map(uid -> Runners.deployment(pool, installation.runnerImage(), uid))
                .ifPresent(objects::add);
        return objects;
    }

    /** Returns metadata with the pool as the owner, so that the object is deleted with the pool. */
    public static ObjectMetaBuilder metadata(SandboxPool pool, String name) {
        return new ObjectMetaBuilder()
                .withName(name)
                .withNamespace(pool.getMetadata().getNamespace())
                .withLabels(labels(pool.getMetadata().getName(), "sandpool"))
                .addNewOwnerReference()
                .withApiVersion(pool.getApiVersion())
                .withKind(SandboxPool.KIND)
                .withName(pool.getMetadata().getName())
                .withUid(pool.getMetadata().getUid())
                .withController(true)
                .withBlockOwnerDeletion(true)
                .endOwnerReference();
    }

    static Map<String, String> labels(String pool, String application) {
        return Map.of(
                PoolLabels.MANAGED_BY,
                PoolLabels.MANAGED_BY_SANDPOOL,
                "app.kubernetes.io/name",
                application,
                PoolLabels.POOL,
                pool);
    }

    public static Map<String, String> selector(String pool, String role) {
        return Map.of(PoolLabels.POOL, pool, PoolLabels.ROLE, role);
    }
}
