package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.PoolNames;
import dev.sandpool.e2e.cluster.TestPool;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;

/** Changes some of the objects of a pool by hand, and knows how they should be. */
final class TamperedObjects {
    private final Resource<Service> service;
    private final Resource<NetworkPolicy> policy;
    private final Resource<Deployment> deployment;
    private final Resource<Role> role;
    private final Service wantedService;
    private final NetworkPolicy wantedPolicy;
    private final Deployment wantedDeployment;
    private final Role wantedRole;

    private TamperedObjects(KubernetesClient client, String pool) {
        service = client.services().inNamespace(TestPool.NAMESPACE).withName(PoolNames.service(pool));
        policy = client.network()
                .v1()
                .networkPolicies()
                .inNamespace(TestPool.NAMESPACE)
                .withName(pool + "-sandbox");
        deployment = client.apps().deployments().inNamespace(TestPool.NAMESPACE).withName(PoolNames.runners(pool));
        role = client.rbac().roles().inNamespace(TestPool.NAMESPACE).withName(PoolNames.runnerAccount(pool));
        wantedService = service.require();
        wantedPolicy = policy.require();
        wantedDeployment = deployment.require();
        wantedRole = role.require();
    }

    static TamperedObjects of(TestPool pool) {
        return new TamperedObjects(pool.client(), pool.name());
    }

    void tamper() {
        var merge = PatchContext.of(PatchType.JSON_MERGE);
        service.patch(merge, "{\"spec\":{\"selector\":{\"sandpool.dev/pool\":\"no\"}}}");
        policy.delete();
        deployment.patch(merge, "{\"spec\":{\"replicas\":0}}");
        role.patch(merge, "{\"rules\":[{\"apiGroups\":[\"\"],\"resources\":[\"secrets\"],\"verbs\":[\"get\"]}]}");
    }

    void assertReverted() {
        assertThat(service.require().getSpec()).isEqualTo(wantedService.getSpec());
        assertThat(policy.require().getSpec()).isEqualTo(wantedPolicy.getSpec());
        assertThat(deployment.require().getSpec()).isEqualTo(wantedDeployment.getSpec());
        assertThat(role.require().getRules()).isEqualTo(wantedRole.getRules());
    }
}
