package dev.sandpool.bench;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Objects;

/** Does for runners that are objects only what a runner does: it creates sandboxes and reports them. */
final class KwokRunners {
    private final KubernetesClient client;
    private final int sandboxes;

    /** Each runner has that number of sandboxes. */
    KwokRunners(KubernetesClient client, int sandboxes) {
        this.client = client;
        this.sandboxes = sandboxes;
    }

    /** Creates the sandboxes of a runner, labelled as the runner does it, and writes the runner's entry of the pool's status. */
    void standFor(Pod runner) {
        String pool = Objects.requireNonNull(runner.getMetadata().getLabels().get(PoolLabels.POOL));
        String namespace = runner.getMetadata().getNamespace();
        String suffix = runner.getMetadata()
                .getName()
                .substring(runner.getMetadata().getName().length() - 5);
        String life = "l123456789"; // any name of a process
        for (int i = 0; i < sandboxes; i++) {
            var sandbox = new PodBuilder()
                    .withNewMetadata()
                    .withName(pool + "-sandbox-" + suffix + "-abcdefg" + i)
                    .withNamespace(namespace)
                    .addToLabels(PoolLabels.MANAGED_BY, PoolLabels.MANAGED_BY_SANDPOOL)
                    .addToLabels(PoolLabels.POOL, pool)
                    .addToLabels(PoolLabels.ROLE, PoolLabels.ROLE_SANDBOX)
                    .addToLabels(PoolLabels.RUNNER, runner.getMetadata().getName())
                    .addToLabels(PoolLabels.RUNNER_LIFE, life)
                    .addNewOwnerReference()
                    .withApiVersion("v1")
                    .withKind("Pod")
                    .withName(runner.getMetadata().getName())
                    .withUid(runner.getMetadata().getUid())
                    .withController(true)
                    .endOwnerReference()
                    .endMetadata()
                    .withNewSpec()
                    .withNodeName(KwokPools.node(i))
                    .withAutomountServiceAccountToken(false)
                    .withActiveDeadlineSeconds(86_400L)
                    .addNewToleration("NoSchedule", KwokPools.NODE_MARK, "Exists", null, null)
                    .addNewContainer()
                    .withName("contained")
                    .withImage("localhost/sandpool-sandbox:bench")
                    .endContainer()
                    .endSpec()
                    .build();
            var _ = client.resource(sandbox).create();
        }
        String revision = client.resources(SandboxPool.class)
                .inNamespace(namespace)
                .withName(pool)
                .require()
                .getStatus()
                .revision();
        var entry = """
                {"apiVersion":"sandpool.dev/v1alpha1","kind":"SandboxPool","metadata":{"name":"%s","namespace":"%s"},"status":{"runners":[
                {"name":"%s","life":"%s","lifeSince":"%s","revision":"%5$s","target":"%5$s","warm":%7$d,"warmOfRevision":%7$d,"warmWanted":%7$d,
                "kept":0,"running":0,"starting":0,"queued":0,"capacity":%7$d,"runs":{"total":0,"failed":0,"timedOut":0}}]}}""".formatted(
                        pool,
                        namespace,
                        runner.getMetadata().getName(),
                        life,
                        revision,
                        runner.getMetadata().getCreationTimestamp(),
                        sandboxes);
        patchStatus(namespace, pool, runner.getMetadata().getName(), entry);
    }

    private void patchStatus(String namespace, String pool, String runner, String entry) {
        client.resources(SandboxPool.class)
                .inNamespace(namespace)
                .withName(pool)
                .subresource("status")
                .patch(
                        new PatchContext.Builder()
                                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                                .withFieldManager("sandpool-runner-" + runner)
                                .withForce(true)
                                .build(),
                        entry);
    }
}
