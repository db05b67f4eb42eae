package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.PoolNames;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.dsl.Resource;
import org.junit.jupiter.api.Test;

/** One object of a pool that the API server refuses holds up no other, and the status says so in the API server's words. */
class RefusedObjectIT {
    @Test
    void aNewPoolWhoseNodePortIsTakenHasItsOtherObjectsAndSaysWhatIsMissing() {
        try (TestPool first = TestPool.applied("first", "replicas: 0")) {
            int taken = first.service().base().getPort();
            try (TestPool second = TestPool.applied(
                    "second", "replicas: 0, runner: {service: {type: NodePort, nodePort: " + taken + "}}")) {
                second.awaitReason("Ready", "ObjectsRefused");
                second.awaitObserved();
                assertThat(second.condition("Ready").getMessage())
                        .contains("Service second", "provided port is already allocated");
                assertThat(second.reason("Progressing")).isEqualTo("ObjectsRefused");
                assertThat(second.reason("Degraded")).isEqualTo("ObjectsRefused");
                assertThat(deployment(second).get()).isNotNull();
                TestPool.patiently().until(() -> second.events("ObjectsRefused").size() == 1);

                // What comes behind the refused object is done all the same.
                second.patch("{\"replicas\": 1}");
                second.awaitObserved();
                TestPool.patiently()
                        .until(() -> deployment(second).get().getSpec().getReplicas() == 1);
                deployment(second).delete();
                TestPool.patiently()
                        .until(() -> deployment(second).get() != null
                                && deployment(second).get().getMetadata().getDeletionTimestamp() == null);
                assertThat(second.condition("Ready").getStatus()).isEqualTo("False");

                second.patch("{\"replicas\": 0, \"runner\": {\"service\": {\"nodePort\": null}}}");
                second.awaitReason("Ready", "NoRunners");
                second.await("Degraded", "False");
                assertThat(second.events("ObjectsRefused")).hasSize(1);
            }
        }
    }

    private static Resource<Deployment> deployment(TestPool pool) {
        return pool.client()
                .apps()
                .deployments()
                .inNamespace(TestPool.NAMESPACE)
                .withName(PoolNames.runners(pool.name()));
    }
}
