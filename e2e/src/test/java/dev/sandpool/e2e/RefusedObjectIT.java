package dev.sandpool.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.PoolNames;
import dev.sandpool.e2e.cluster.TestPool;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.ByteArrayInputStream;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One object of a pool that the API server refuses holds up no other, and the status says so in the API server's words. */
class RefusedObjectIT {
    private static final String POLICY = """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicy
            metadata: {name: sandpool-e2e-no-runners}
            spec:
              matchConstraints:
                resourceRules:
                - {apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: [CREATE, UPDATE]}
              validations:
              - expression: object.metadata.name != 'refused-runner' || object.spec.replicas == 0
                message: no runners today
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicyBinding
            metadata: {name: sandpool-e2e-no-runners}
            spec:
              policyName: sandpool-e2e-no-runners
              validationActions: [Deny]
            """;

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
                TestPool.patiently().until(() -> deployment(second).get() != null);
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

    /** A pool is told to be scaled when it is, and not at each try. */
    @Test
    void aPoolWhoseDeploymentIsRefusedIsNotSaidToBeScaled() {
        try (TestPool pool = TestPool.applied("refused", "replicas: 0")) {
            var policy = pool.client().load(new ByteArrayInputStream(POLICY.getBytes(UTF_8)));
            TestPool.patiently().until(() -> deployment(pool).get() != null);
            policy.serverSideApply();
            try {
                TestPool.patiently().until(() -> isRefused(pool));
                pool.patch("{\"replicas\": 1}");
                pool.awaitReason("Ready", "ObjectsRefused");
                pool.awaitObserved();
                assertThat(pool.condition("Ready").getMessage())
                        .contains("Deployment refused-runner", "no runners today");
                // Another look, which tries again.
                pool.patch("{\"queue\": {\"depth\": 3}}");
                pool.awaitObserved();
                assertThat(pool.events("Scaled")).isEmpty();
            } finally {
                policy.delete();
            }
            pool.patch("{\"queue\": {\"depth\": 4}}");
            TestPool.patiently().until(() -> pool.events("Scaled").equals(List.of("From 0 to 1 runner")));
        }
    }

    private static boolean isRefused(TestPool pool) {
        try {
            deployment(pool).dryRun(true).patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"replicas\": 1}}");
            return false;
        } catch (KubernetesClientException e) {
            return String.valueOf(e.getMessage()).contains("no runners today");
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
