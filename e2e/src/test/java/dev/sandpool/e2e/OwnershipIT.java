package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.e2e.cluster.TestPool;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A pool whose name is taken by somebody else's object takes nothing away, says so, and holds up no other pool. */
class OwnershipIT {
    @Test
    void anothersServiceStaysAsItIsAndOtherPoolsAreMadeMeanwhile() {
        try (KubernetesClient client = new KubernetesClientBuilder().build()) {
            TestPool.makeNamespace(client);
            Service theirs = client.resource(new ServiceBuilder()
                            .withNewMetadata()
                            .withName("taken")
                            .withNamespace(TestPool.NAMESPACE)
                            .endMetadata()
                            .withNewSpec()
                            .addToSelector("app", "theirs")
                            .addNewPort()
                            .withPort(80)
                            .endPort()
                            .endSpec()
                            .build())
                    .serverSideApply();
            try (TestPool taken = TestPool.applied("taken", "replicas: 0");
                    TestPool other = TestPool.applied("other", "replicas: 0")) {
                taken.awaitReason("Degraded", "ObjectsRefused");
                assertThat(taken.condition("Degraded").getMessage())
                        .isEqualTo("Service taken: it is there already and does not belong to this pool:"
                                + " delete it, or give the pool another name");
                assertThat(taken.condition("Ready").getReason()).isEqualTo("ObjectsRefused");
                assertThat(client.resource(theirs).get().getSpec().getSelector())
                        .containsExactly(Map.entry("app", "theirs"));
                other.awaitReason("Ready", "NoRunners");
                assertThat(other.condition("Degraded").getStatus()).isEqualTo("False");

                client.resource(theirs).delete();

                taken.awaitReason("Ready", "NoRunners");
                taken.await("Degraded", "False");
            }
        }
    }

    /** After a restore, what was the pool's has no owner. */
    @Test
    void aPoolThatComesBackTakesItsObjectsBack() {
        try (KubernetesClient client = new KubernetesClientBuilder().build();
                TestPool pool = TestPool.applied("back", "replicas: 0")) {
            pool.awaitReason("Ready", "NoRunners");
            var service = client.services().inNamespace(TestPool.NAMESPACE).withName("back");
            Service backup = service.require();
            pool.resource().delete();
            TestPool.patiently().until(() -> pool.resource().get() == null && service.get() == null);
            String uid =
                    client.resource(restored(backup)).create().getMetadata().getUid();

            try (TestPool again = TestPool.applied("back", "replicas: 0")) {
                again.awaitReason("Ready", "NoRunners");
                again.await("Degraded", "False");
                assertThat(service.require().getMetadata().getUid()).isEqualTo(uid);
                assertThat(service.require().getMetadata().getOwnerReferences())
                        .singleElement()
                        .satisfies(owner -> assertThat(owner.getUid())
                                .isEqualTo(again.now().getMetadata().getUid()));
            }
        }
    }

    /** As tools for backups do: without the owner, who is another by now, and without the address that the cluster gave. */
    private static Service restored(Service backup) {
        return new ServiceBuilder(backup)
                .withNewMetadata()
                .withName(backup.getMetadata().getName())
                .withNamespace(backup.getMetadata().getNamespace())
                .withLabels(backup.getMetadata().getLabels())
                .endMetadata()
                .editSpec()
                .withClusterIP(null)
                .withClusterIPs()
                .endSpec()
                .withStatus(null)
                .build();
    }
}
