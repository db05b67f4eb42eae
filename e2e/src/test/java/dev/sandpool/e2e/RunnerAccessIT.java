package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.crds.PoolNames;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What somebody could do who has taken over a runner: make the sandboxes of its own pool, and nothing else. */
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
    void aSandboxOfItsPoolIsAllowed() {
        Pod pod = runner.resource(sandbox()).create();
        runner.resource(pod).withGracePeriod(0).delete();
    }

    @Test
    void whateverElseAPodCouldBeIsRefused() {
        refused("image", pod -> pod.getSpec().getContainers().getFirst().setImage("docker.io/library/busybox"));
        refused("runtimeClassName", pod -> pod.getSpec().setRuntimeClassName(null));
        refused(
                "privileged",
                pod -> pod.getSpec()
                        .getContainers()
                        .getFirst()
                        .getSecurityContext()
                        .setPrivileged(true));
        refused("hostNetwork", pod -> pod.getSpec().setHostNetwork(true));
        refused("token", pod -> pod.getSpec().setAutomountServiceAccountToken(true));
        refused("account", pod -> pod.getSpec().setServiceAccountName(PoolNames.runnerAccount(pool.name())));
        refused("command", pod -> pod.getSpec().getContainers().getFirst().setCommand(java.util.List.of("sh")));
        refused("pool", pod -> pod.getMetadata().getLabels().put("sandpool.dev/pool", "another"));
        refused("owner", pod -> pod.getMetadata().setOwnerReferences(java.util.List.of()));
        refused("node", pod -> pod.getSpec().setNodeName("some-node"));
    }

    private static void refused(String what, Consumer<Pod> change) {
        Pod pod = sandbox();
        change.accept(pod);
        assertThatThrownBy(() -> runner.resource(pod).create())
                .as(what)
                .isInstanceOf(KubernetesClientException.class)
                .satisfies(thrown -> assertThat(((KubernetesClientException) thrown).getCode())
                        .isIn(403, 422));
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

    /** As the runner makes them. */
    private static Pod sandbox() {
        PodTemplate template = pool.client()
                .resources(PodTemplate.class)
                .inNamespace(TestPool.NAMESPACE)
                .withName(PoolNames.podTemplate(pool.name(), pool.revision()))
                .require();
        Pod owner = pool.runners().getFirst();
        return new PodBuilder()
                .withMetadata(template.getTemplate().getMetadata())
                .editMetadata()
                .withName(PoolNames.sandboxPrefix(pool.name()) + "forged")
                .withNamespace(TestPool.NAMESPACE)
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Pod")
                        .withName(owner.getMetadata().getName())
                        .withUid(owner.getMetadata().getUid())
                        .withController(false)
                        .withBlockOwnerDeletion(false)
                        .build())
                .endMetadata()
                .withSpec(template.getTemplate().getSpec())
                .build();
    }
}
