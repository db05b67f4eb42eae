package dev.sandpool.operator.objects;

import dev.sandpool.crds.Durations;
import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.PoolRules;
import dev.sandpool.crds.RunnerSettings;
import dev.sandpool.crds.RunnerSpec;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolSpec;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EmptyDirVolumeSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraintBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The runners of a pool: their Deployment, their settings, and the Service in front of them. */
public final class Runners {
    static final int HTTP_PORT = 80;
    static final int ADMIN_PORT = 8081;

    public static final String ACCOUNT_UID = "sandpool.dev/service-account-uid";
    private static final String TOKENS_DIRECTORY = "/var/run/sandpool/tokens";

    // The time that a runner needs in addition to its drain: 15 s to delete its sandboxes, and 10 s more while the API
    // server is away.
    private static final Duration BESIDES_DRAIN = Duration.ofSeconds(40);
    // In steps, so that a change of runTimeout, which runners apply while they run, seldom changes the Deployment.
    private static final List<Duration> DRAINS =
            List.of(Duration.ofSeconds(60), Duration.ofSeconds(120), Duration.ofMinutes(11));
    private static final Duration LONGEST_DRAIN = Duration.ofMinutes(61);
    // Files that a program left may come four seconds after its end.
    private static final Duration AFTER_THE_LAST_RUN = Duration.ofSeconds(9);

    private Runners() {}

    public static ConfigMap settings(SandboxPool pool, String revision, String stableRevision) {
        var settings = new RunnerSettings(
                revision, stableRevision.isEmpty() ? null : stableRevision, PoolRules.of(pool.getSpec()));
        return new ConfigMapBuilder()
                .withMetadata(PoolObjects.metadata(
                                pool, PoolNames.settings(pool.getMetadata().getName()))
                        .build())
                .withData(Map.of(RunnerSettings.KEY, Hashes.canonical(settings)))
                .build();
    }

    /**
     * Creates the Service. If no runner is ready, it sends requests to the running ones: they answer 503 and say when
     * to try again, where clients would otherwise meet refused connections. It does not do so while a runner that shuts
     * down is ready: that one still serves, and the next, which has an address already, does not listen yet.
     */
    public static Service service(SandboxPool pool, boolean runnersReady) {
        String name = pool.getMetadata().getName();
        RunnerSpec.RunnerService wanted = pool.getSpec().runner().service();
        return new ServiceBuilder()
                .withMetadata(PoolObjects.metadata(pool, PoolNames.service(name))
                        .addToAnnotations(wanted.annotations())
                        .build())
                .withNewSpec()
                .withType(wanted.type().name())
                .withSelector(PoolObjects.selector(name, PoolLabels.ROLE_RUNNER))
                // Null and not false: API servers drop a false, so it would be written again and again.
                .withPublishNotReadyAddresses(runnersReady ? null : Boolean.TRUE)
                .addNewPort()
                .withName("http")
                .withProtocol("TCP")
                .withPort(wanted.port())
                .withTargetPort(new IntOrString("http"))
                .withNodePort(wanted.nodePort())
                .endPort()
                .endSpec()
                .build();
    }

    /**
     * Creates the budget. One runner at a time: the drain of a node waits until a new runner is ready on another one. A
     * runner that is not ready serves no client, so it may always be evicted; otherwise a pool whose sandboxes do not
     * start would block the drain of its node.
     */
    static PodDisruptionBudget disruptionBudget(SandboxPool pool) {
        String name = pool.getMetadata().getName();
        return new PodDisruptionBudgetBuilder()
                .withMetadata(
                        PoolObjects.metadata(pool, PoolNames.runners(name)).build())
                .withNewSpec()
                .withMaxUnavailable(new IntOrString(1))
                .withUnhealthyPodEvictionPolicy("AlwaysAllow")
                .withNewSelector()
                .withMatchLabels(PoolObjects.selector(name, PoolLabels.ROLE_RUNNER))
                .endSelector()
                .endSpec()
                .build();
    }

    /**
     * Creates the Deployment of a pool's runners.
     *
     * @param account the uid of the ServiceAccount. The tokens of pods are bound to it: when the account is deleted and
     *     created again, they are refused, and the annotation makes the Deployment replace the pods
     */
    public static Deployment deployment(SandboxPool pool, String defaultImage, String account) {
        String name = pool.getMetadata().getName();
        return new DeploymentBuilder()
                .withMetadata(PoolObjects.metadata(pool, PoolNames.runners(name))
                        .addToLabels("app.kubernetes.io/name", "sandpool-runner")
                        .build())
                .withNewSpec()
                .withReplicas(pool.getSpec().replicas())
                .withNewSelector()
                .withMatchLabels(PoolObjects.selector(name, PoolLabels.ROLE_RUNNER))
                .endSelector()
                .withNewStrategy()
                .withType("RollingUpdate")
                .withNewRollingUpdate()
                .withMaxSurge(new IntOrString(1))
                .withMaxUnavailable(new IntOrString(0))
                .endRollingUpdate()
                .endStrategy()
                .withTemplate(pod(name, pool.getSpec(), defaultImage, account))
                .endSpec()
                .build();
    }

    private static PodTemplateSpec pod(String pool, SandboxPoolSpec spec, String defaultImage, String account) {
        RunnerSpec runner = spec.runner();
        Map<String, String> labels = new HashMap<>(runner.labels());
        labels.putAll(PoolObjects.labels(pool, "sandpool-runner"));
        labels.put(PoolLabels.ROLE, PoolLabels.ROLE_RUNNER);
        return new PodTemplateSpecBuilder()
                .withNewMetadata()
                .withLabels(labels)
                .withAnnotations(runner.annotations())
                .addToAnnotations(ACCOUNT_UID, account)
                .addToAnnotations("prometheus.io/scrape", "true")
                .addToAnnotations("prometheus.io/port", String.valueOf(ADMIN_PORT))
                .endMetadata()
                .withNewSpec()
                // The runner reads hostile data from sandboxes, so it has a kernel of its own as well.
                .withRuntimeClassName(runtimeClass(spec))
                .withServiceAccountName(PoolNames.runnerAccount(pool))
                .withEnableServiceLinks(false) // they would add variables that begin with SANDPOOL_
                .withTerminationGracePeriodSeconds(
                        drain(spec).plus(BESIDES_DRAIN).toSeconds())
                .withImagePullSecrets(spec.imagePullSecrets())
                .withNodeSelector(Placing.nodeSelector(runner.nodeSelector(), runner.affinity()))
                .withTolerations(runner.tolerations())
                .withAffinity(runner.affinity())
                .withPriorityClassName(runner.priorityClassName())
                .withTopologySpreadConstraints(spread(pool, runner))
                .withSecurityContext(Restricted.runner(spec.runAsUser()))
                .withContainers(container(pool, spec, defaultImage))
                .withVolumes(volumes(spec.authentication().tokensSecret()))
                .endSpec()
                .build();
    }

    private static List<Volume> volumes(@Nullable String tokensSecret) {
        Volume spool = new VolumeBuilder()
                .withName("spool")
                // On disk, for outputs that do not fit into memory. More than runners use (SANDPOOL_SPOOL_LIMIT).
                .withEmptyDir(new EmptyDirVolumeSource(null, null, new Quantity("4Gi")))
                .build();
        return tokensSecret == null ? List.of(spool) : List.of(spool, tokens(tokensSecret));
    }

    /**
     * Creates the volume of tokens. It is optional, so that runners start without the Secret and report what is
     * missing, and so that no token of a deleted Secret stays in their pods.
     */
    private static Volume tokens(String secret) {
        return new VolumeBuilder()
                .withName("tokens")
                .withNewSecret()
                .withSecretName(secret)
                .withOptional(true)
                .endSecret()
                .build();
    }

    /**
     * Returns the time for a drain: a run that began just before the signal can end, and another runner has the time to
     * start, up to a minute.
     */
    private static Duration drain(SandboxPoolSpec spec) {
        Duration needed = Durations.parse(spec.limits().runTimeout()).plus(AFTER_THE_LAST_RUN);
        return DRAINS.stream()
                .filter(drain -> drain.compareTo(needed) >= 0)
                .findFirst()
                .orElse(LONGEST_DRAIN);
    }

    private static @Nullable String runtimeClass(SandboxPoolSpec spec) {
        return Optional.ofNullable(spec.runner().runtimeClassName())
                .or(spec::sandboxRuntimeClass)
                .filter(name -> !name.isEmpty())
                .orElse(null);
    }

    private static List<TopologySpreadConstraint> spread(String pool, RunnerSpec runner) {
        return Objects.requireNonNullElseGet(
                runner.topologySpreadConstraints(),
                () -> List.of(new TopologySpreadConstraintBuilder()
                        .withMaxSkew(1)
                        .withTopologyKey("kubernetes.io/hostname")
                        .withWhenUnsatisfiable("ScheduleAnyway")
                        .withNewLabelSelector()
                        .withMatchLabels(PoolObjects.selector(pool, PoolLabels.ROLE_RUNNER))
                        .endLabelSelector()
                        .build()));
    }

    private static Container container(String pool, SandboxPoolSpec spec, String defaultImage) {
        RunnerSpec runner = spec.runner();
        ContainerBuilder container = new ContainerBuilder()
                .withName("runner")
                .withImage(Objects.requireNonNullElse(runner.image(), defaultImage))
                .withImagePullPolicy(runner.imagePullPolicy().name())
                .withEnv(
                        new EnvVar("SANDPOOL_POOL", pool, null),
                        new EnvVar("SANDPOOL_DRAIN_TIMEOUT", drain(spec).toSeconds() + "s", null),
                        field("SANDPOOL_NAMESPACE", "metadata.namespace"),
                        field("SANDPOOL_POD_NAME", "metadata.name"),
                        field("SANDPOOL_POD_UID", "metadata.uid"))
                .addAllToEnv(TracesAndLog.environment(runner))
                .addNewPort()
                .withName("http")
                .withProtocol("TCP")
                .withContainerPort(HTTP_PORT)
                .endPort()
                .addNewPort()
                .withName("admin")
                .withProtocol("TCP")
                .withContainerPort(ADMIN_PORT)
                .endPort()
                // On a node where twenty start at once, each may take minutes without being stuck.
                .withStartupProbe(probe("/livez", 1, 5, 300))
                .withReadinessProbe(probe("/readyz", 1, 2, 2))
                .withLivenessProbe(probe("/livez", 10, 5, 6))
                .withSecurityContext(Restricted.container())
                .withResources(Objects.requireNonNullElseGet(runner.resources(), Runners::resources))
                .addNewVolumeMount()
                .withName("spool")
                .withMountPath("/tmp")
                .endVolumeMount();
        if (spec.authentication().tokensSecret() != null) {
            container
                    .addToEnv(new EnvVar("SANDPOOL_TOKENS_DIRECTORY", TOKENS_DIRECTORY, null))
                    .addNewVolumeMount()
                    .withName("tokens")
                    .withMountPath(TOKENS_DIRECTORY)
                    .withReadOnly(true)
                    .endVolumeMount();
        }
        return container.build();
    }

    private static EnvVar field(String variable, String path) {
        return new EnvVarBuilder()
                .withName(variable)
                .withNewValueFrom()
                .withNewFieldRef("v1", path)
                .endValueFrom()
                .build();
    }

    private static Probe probe(String path, int period, int timeout, int failures) {
        return new ProbeBuilder()
                .withNewHttpGet()
                .withPath(path)
                .withPort(new IntOrString("admin"))
                .withScheme("HTTP")
                .endHttpGet()
                .withPeriodSeconds(period)
                .withTimeoutSeconds(timeout)
                .withFailureThreshold(failures)
                .build();
    }

    /** Returns the resources. Half of the memory limit is heap; outputs are spooled to disk. */
    private static ResourceRequirements resources() {
        return new ResourceRequirementsBuilder()
                .withRequests(Map.of("cpu", new Quantity("100m"), "memory", new Quantity("256Mi")))
                .withLimits(Map.of("memory", new Quantity("512Mi")))
                .build();
    }
}
