package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.crds.PoolNames;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What somebody may read or change who has taken over a runner. Which pods it may make, {@link AdmissionPolicyIT} asks. */
class RunnerAccessIT {
    private static TestPool pool;
    private static KubernetesClient runner;

    @BeforeAll
    static void make() {
        pool = TestPool.made("access", "workers: 1, warm: {min: 1, max: 1}");
        Config config = new ConfigBuilder(Config.autoConfigure(null))
                .withImpersonateUsername(
                        "system:serviceaccount:" + TestPool.NAMESPACE + ":" + PoolNames.runnerAccount(pool.name()))
                .withImpersonateGroups("system:serviceaccounts", "system:authenticated")
                .build();
        runner = new KubernetesClientBuilder().withConfig(config).build();
    }

    @AfterAll
    static void end() {
        runner.close();
        pool.close();
    }

    @Test
    void nothingElseMayBeReadOrChanged() {
        forbidden(() -> runner.secrets().inNamespace(TestPool.NAMESPACE).list());
        forbidden(() -> runner.secrets().inNamespace("kube-system").list());
        forbidden(() -> runner.configMaps()
                .inNamespace(TestPool.NAMESPACE)
                .withName("kube-root-ca.crt")
                .get());
        forbidden(() -> runner.nodes().list());
        forbidden(() -> runner.pods().inNamespace("sandpool").list());
        forbidden(() ->
                runner.apps().deployments().inNamespace(TestPool.NAMESPACE).list());
        forbidden(() -> runner.rbac().roles().inNamespace(TestPool.NAMESPACE).list());
        forbidden(() -> runner.resources(PodTemplate.class)
                .inNamespace(TestPool.NAMESPACE)
                .withName(PoolNames.podTemplate(pool.name(), pool.revision()))
                .edit(template -> template));
    }

    private static void forbidden(Runnable request) {
        assertThatThrownBy(request::run)
                .isInstanceOf(KubernetesClientException.class)
                .satisfies(thrown -> assertThat(((KubernetesClientException) thrown).getCode())
                        .isEqualTo(403));
    }
}
