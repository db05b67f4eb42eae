package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.PoolNames;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HostPathVolumeSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.SecretVolumeSourceBuilder;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What somebody could do who has taken over a runner: make sandboxes of its pool, and read nothing of others. Pods are asked for as a dry run. */
class RunnerAccessIT {
    private static final String RESTRICTED = "violates PodSecurity";

    private final Cluster cluster = new Cluster();
    private final KubernetesClient runner = new KubernetesClientBuilder()
            .withConfig(new ConfigBuilder(Config.autoConfigure(null))
                    .withImpersonateUsername(
                            "system:serviceaccount:" + Cluster.NAMESPACE + ":" + PoolNames.runnerAccount(Cluster.POOL))
                    .withImpersonateGroups("system:serviceaccounts", "system:authenticated")
                    .build())
            .build();

    @AfterEach
    void ends() {
        runner.close();
        cluster.close();
    }

    /** A change of the sandbox that the operator wrote, and a part of the answer. */
    record Shape(String name, Consumer<Pod> change, String refusal) {
        static Shape container(String name, Consumer<Container> change, String refusal) {
            return new Shape(
                    name, pod -> change.accept(pod.getSpec().getContainers().getFirst()), refusal);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    @Test
    void nothingOfOthersMayBeReadOrChanged() {
        forbidden(() -> runner.secrets().inNamespace(Cluster.NAMESPACE).list());
        forbidden(() -> runner.secrets().inNamespace("kube-system").list());
        forbidden(() -> runner.configMaps()
                .inNamespace(Cluster.NAMESPACE)
                .withName("kube-root-ca.crt")
                .get());
        forbidden(() -> runner.nodes().list());
        forbidden(() -> runner.pods().inNamespace(Cluster.SYSTEM_NAMESPACE).list());
        forbidden(
                () -> runner.apps().deployments().inNamespace(Cluster.NAMESPACE).list());
        forbidden(() -> runner.rbac().roles().inNamespace(Cluster.NAMESPACE).list());
        forbidden(() -> runner.resources(PodTemplate.class)
                .inNamespace(Cluster.NAMESPACE)
                .withName(PoolNames.podTemplate(
                        Cluster.POOL,
                        Objects.requireNonNull(cluster.pool().getStatus().revision())))
                .edit(template -> template));
    }

    private static void forbidden(Runnable request) {
        assertThatExceptionOfType(KubernetesClientException.class)
                .isThrownBy(request::run)
                .satisfies(thrown -> assertThat(thrown.getCode()).isEqualTo(403));
    }

    @Test
    void aSandboxAsTheOperatorWroteItIsTaken() {
        assertThat(create(sandbox())).isNotNull();
    }

    @ParameterizedTest
    @MethodSource({"belongings", "contents", "privileges"})
    void anyOtherPodIsRefused(Shape shape) {
        Pod pod = sandbox();
        shape.change.accept(pod);
        assertThatExceptionOfType(KubernetesClientException.class)
                .isThrownBy(() -> create(pod))
                .withMessageContaining(shape.refusal)
                .satisfies(refused -> assertThat(refused.getCode()).isIn(403, 422));
    }

    static List<Shape> belongings() {
        return List.of(
                new Shape("no labels", pod -> pod.getMetadata().setLabels(null), "of its own pool"),
                label(PoolLabels.POOL, "other", "of its own pool"),
                label(PoolLabels.ROLE, PoolLabels.ROLE_RUNNER, "nothing but sandboxes"),
                new Shape("no owner", pod -> pod.getMetadata().setOwnerReferences(null), "exactly one owner"),
                new Shape(
                        "another pool's owner",
                        pod -> pod.getMetadata().getOwnerReferences().getFirst().setName("other-runner-1"),
                        "exactly one owner"),
                new Shape(
                        "another account",
                        pod -> pod.getSpec().setServiceAccountName("default"),
                        "the service account of a sandbox"),
                new Shape("a token", pod -> pod.getSpec().setAutomountServiceAccountToken(true), "has no token"),
                new Shape("another runtime", pod -> pod.getSpec().setRuntimeClassName(null), "RuntimeClass"),
                new Shape("a chosen node", pod -> pod.getSpec().setNodeName("sandpool"), "chooses no node"));
    }

    private static Shape label(String key, String value, String refusal) {
        return new Shape(key + "=" + value, pod -> pod.getMetadata().getLabels().put(key, value), refusal);
    }

    static List<Shape> contents() {
        return List.of(
                Shape.container("another image", c -> c.setImage("localhost/other:dev"), "does not use the image"),
                Shape.container("another name", c -> c.setName("other"), "exactly one container"),
                new Shape(
                        "two containers",
                        pod -> pod.getSpec()
                                .getContainers()
                                .add(new ContainerBuilder(
                                                pod.getSpec().getContainers().getFirst())
                                        .withName("second")
                                        .build()),
                        "exactly one container"),
                Shape.container("a variable", c -> c.setEnv(List.of(new EnvVar("A", "b", null))), "without env"),
                Shape.container("a command", c -> c.setCommand(List.of("sh")), "without env"),
                Shape.container(
                        "a port",
                        c -> c.setPorts(List.of(
                                new ContainerPortBuilder().withContainerPort(80).build())),
                        "probes or ports"),
                Shape.container("a terminal", c -> c.setTty(true), "stdinOnce"),
                Shape.container("no stream", c -> c.setStdinOnce(false), "stdinOnce"),
                Shape.container(
                        "mounted elsewhere",
                        c -> c.getVolumeMounts().getFirst().setMountPath("/etc"),
                        "exactly one volume"),
                new Shape("runs for ever", pod -> pod.getSpec().setRestartPolicy("Always"), "runs once"),
                new Shape(
                        "a secret",
                        pod -> pod.getSpec()
                                .setVolumes(List.of(new VolumeBuilder()
                                        .withName("program")
                                        .withSecret(new SecretVolumeSourceBuilder()
                                                .withSecretName("any")
                                                .build())
                                        .build())),
                        "exactly one volume"));
    }

    /** Of these, the namespace's PodSecurity speaks first, where it has a rule. */
    static List<Shape> privileges() {
        return List.of(
                Shape.container(
                        "privileged",
                        c -> {
                            c.getSecurityContext().setPrivileged(true);
                            c.getSecurityContext().setAllowPrivilegeEscalation(null);
                        },
                        RESTRICTED),
                Shape.container(
                        "a root that can be written to",
                        c -> c.getSecurityContext().setReadOnlyRootFilesystem(false),
                        "read-only root"),
                Shape.container(
                        "a capability",
                        c -> c.getSecurityContext().getCapabilities().setAdd(List.of("NET_BIND_SERVICE")),
                        "adds none"),
                Shape.container("capabilities", c -> c.getSecurityContext().setCapabilities(null), RESTRICTED),
                new Shape("root", pod -> pod.getSpec().getSecurityContext().setRunAsUser(0L), RESTRICTED),
                new Shape("the host's network", pod -> pod.getSpec().setHostNetwork(true), RESTRICTED),
                new Shape("the host's users", pod -> pod.getSpec().setHostUsers(true), "nothing of its host"),
                new Shape(
                        "the host's files",
                        pod -> pod.getSpec()
                                .setVolumes(List.of(new VolumeBuilder()
                                        .withName("program")
                                        .withHostPath(new HostPathVolumeSource("/", null))
                                        .build())),
                        RESTRICTED));
    }

    private Pod create(Pod pod) {
        return runner.resource(pod).dryRun().create();
    }

    /** As a runner makes it from the pool's PodTemplate. */
    private Pod sandbox() {
        String revision = Objects.requireNonNull(cluster.pool().getStatus().revision());
        PodTemplate template = cluster.client()
                .resources(PodTemplate.class)
                .inNamespace(Cluster.NAMESPACE)
                .withName(PoolNames.podTemplate(Cluster.POOL, revision))
                .require();
        Pod owner = cluster.runner();
        return new PodBuilder()
                .withMetadata(template.getTemplate().getMetadata())
                .withSpec(template.getTemplate().getSpec())
                .editMetadata()
                .withName(PoolNames.sandboxPrefix(Cluster.POOL) + "aaaaaaaaaa")
                .withNamespace(Cluster.NAMESPACE)
                .addNewOwnerReference()
                .withApiVersion("v1")
                .withKind("Pod")
                .withName(owner.getMetadata().getName())
                .withUid(owner.getMetadata().getUid())
                .endOwnerReference()
                .endMetadata()
                .build();
    }
}
