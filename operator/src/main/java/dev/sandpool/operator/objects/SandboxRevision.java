package dev.sandpool.operator.objects;

import dev.sandpool.crds.Durations;
import dev.sandpool.crds.EmbeddedSpec;
import dev.sandpool.crds.LimitsSpec;
import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.RunLimits;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolSpec;
import dev.sandpool.crds.SandboxPoolSpec.Isolation;
import dev.sandpool.crds.SandboxSpec;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.PodTemplateBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The description of a pool's sandboxes: their pod, and the limits of a run.
 *
 * @param hash the hash of both, which names the revision
 * @param isolation the kind of isolation, which the pod also shows: one with a RuntimeClass has no embedded gVisor
 */
public record SandboxRevision(String hash, PodTemplateSpec pod, RunLimits limits, Isolation isolation) {
    public static final String CONTAINER = "contained";

    private static final long MIB = 1 << 20;
    // Files that a program writes to its own folder and to /tmp.
    private static final long FILES = 64 * MIB;
    // The sentry (12 MiB at the start, plus memory for each process and open file), the gofer, contained.
    private static final long OWN_MEMORY = 120 * MIB;
    // An embedded gVisor also has the next sandbox, which starts and waits next to the current one. Its sentry, gofer,
    // runsc and contained then have 18 MiB of their own, and share 31 MiB of runsc's file; the supervisor has less than
    // 1 MiB. So the current sandbox has as much memory as in a pod of its own.
    private static final long NEXT_SANDBOX = 64 * MIB;
    // Small, because a warm sandbox waits for most of its life and a node has to hold many of them.
    private static final Map<String, Quantity> REQUESTS =
            Map.of("cpu", new Quantity("5m"), "memory", new Quantity("64Mi"));
    // The last resort to end a sandbox, if its runner, the garbage collector and every sweep have failed.
    public static final long LONGEST_LIFE_SECONDS = 86_400;
    // The time that contained needs to end a program whose time is up and to send its last output, plus a second for
    // rounding down.
    private static final Duration AFTER_A_RUN = Duration.ofSeconds(5);
    // What API servers add by default.
    private static final long LOST_NODE_SECONDS = 300;

    /** Creates the revision of a pool's current spec. */
    public static SandboxRevision of(SandboxPool pool) {
        SandboxPoolSpec spec = pool.getSpec();
        PodTemplateSpec pod = pod(pool.getMetadata().getName(), spec);
        RunLimits limits = limits(spec.limits());
        return new SandboxRevision(
                Hashes.shortHash(Map.of("pod", pod, "limits", limits)), pod, limits, spec.isolation());
    }

    private static RunLimits limits(LimitsSpec limits) {
        Durations.parse(limits.runTimeout()); // refused here, and not in each runner
        return new RunLimits(
                Quantities.bytes("limits.memory", limits.memory()),
                limits.pids(),
                Quantities.bytes("limits.binary", limits.binary()),
                Quantities.bytes("limits.files", limits.files()),
                Quantities.bytes("limits.output", limits.output()),
                limits.runTimeout(),
                limits.cpuTime());
    }

    private static PodTemplateSpec pod(String pool, SandboxPoolSpec spec) {
        Map<String, String> labels = new HashMap<>(spec.sandbox().labels());
        labels.putAll(PoolObjects.labels(pool, "sandpool-sandbox"));
        labels.put(PoolLabels.ROLE, PoolLabels.ROLE_SANDBOX);
        Map<String, String> annotations = new HashMap<>(spec.sandbox().annotations());
        // These are frames and not text, so log collectors must ignore them.
        annotations.put("fluentbit.io/exclude", "true");
        annotations.put("co.elastic.logs/enabled", "false");
        return new PodTemplateSpecBuilder()
                .withNewMetadata()
                .withLabels(labels)
                .withAnnotations(annotations)
                .endMetadata()
                .withNewSpec()
                .withRuntimeClassName(spec.sandboxRuntimeClass().orElse(null))
                .withRestartPolicy("Never")
                .withServiceAccountName(PoolNames.sandboxAccount(pool))
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                // For a pod that is evicted during a run. Deletions by a runner or the operator have no grace period.
                .withTerminationGracePeriodSeconds(Durations.parse(spec.limits().runTimeout())
                        .plus(AFTER_A_RUN)
                        .toSeconds())
                .withActiveDeadlineSeconds(LONGEST_LIFE_SECONDS)
                .withDnsPolicy("None")
                .withNewDnsConfig()
                .withNameservers("127.0.0.1") // the field may not be empty, and no server answers at this address
                .endDnsConfig()
                .withImagePullSecrets(spec.imagePullSecrets())
                .withNodeSelector(Placing.nodeSelector(
                        spec.sandbox().nodeSelector(), spec.sandbox().affinity()))
                .withTolerations(tolerations(spec.sandbox().tolerations()))
                .withAffinity(spec.sandbox().affinity())
                .withTopologySpreadConstraints(spec.sandbox().topologySpreadConstraints())
                .withPriorityClassName(spec.sandbox().priorityClassName())
                // True is the default of a pod, and is left out, so that earlier revisions keep their hashes.
                .withHostUsers(ownUsers(spec) ? false : null)
                .withSecurityContext(Restricted.sandbox(spec.runAsUser(), spec.embeddedGvisor()))
                .withContainers(new ContainerBuilder()
                        .withName(CONTAINER)
                        .withImage(spec.image())
                        .withImagePullPolicy(spec.imagePullPolicy().name())
                        .withStdin(true)
                        // When the runner's stream ends, contained reads the end of its input and exits.
                        .withStdinOnce(true)
                        .withSecurityContext(Restricted.container())
                        .withResources(resources(spec))
                        .build())
                // No volumes: a kubelet waits for them in steps of 300 ms, and contained mounts the program's files
                // itself.
                .endSpec()
                .build();
    }

    private static boolean ownUsers(SandboxPoolSpec spec) {
        return spec.embeddedGvisor().filter(embedded -> !embedded.hostUsers()).isPresent();
    }

    private static long tmpfs(LimitsSpec limits) {
        return Quantities.bytes("limits.binary", limits.binary()) + FILES;
    }

    private static ResourceRequirements resources(SandboxPoolSpec spec) {
        // The memory is that of the whole pod, sentry and gofer included, and a file in a tmpfs is memory too.
        long memory = Quantities.bytes("limits.memory", spec.limits().memory())
                + tmpfs(spec.limits())
                + OWN_MEMORY
                + (spec.isolation() == Isolation.Embedded ? NEXT_SANDBOX : 0);
        long cpu = Quantities.milli("limits.cpu", spec.limits().cpu());
        return new ResourceRequirementsBuilder()
                .withRequests(requests(spec.sandbox().resources(), cpu, memory))
                .withLimits(Map.of("cpu", Quantities.cpu(cpu), "memory", Quantities.memory(memory)))
                .build();
    }

    /**
     * Returns the requests of each sandbox for the scheduler.
     *
     * @throws IllegalArgumentException if the API server would refuse them in each sandbox, with a sentence that names
     *     the field
     */
    private static Map<String, Quantity> requests(SandboxSpec.@Nullable Resources resources, long cpu, long memory) {
        Map<String, Quantity> requests = new HashMap<>(REQUESTS);
        Map<String, Quantity> asked = resources == null ? Map.of() : resources.requests();
        asked.forEach((name, quantity) -> {
            String field = "sandbox.resources.requests." + name;
            boolean ofCpu = name.equals("cpu");
            long amount = ofCpu ? Quantities.milli(field, quantity) : Quantities.bytes(field, quantity);
            Quantity limit = ofCpu ? Quantities.cpu(cpu) : Quantities.memory(memory);
            if (!name.equals("ephemeral-storage") && amount > (ofCpu ? cpu : memory)) {
                throw new IllegalArgumentException(
                        "spec.%s: %s is more than a sandbox may take, which is %s by spec.limits"
                                .formatted(field, quantity, limit));
            }
            requests.put(name, ofCpu ? Quantities.cpu(amount) : Quantities.memory(amount));
        });
        return requests;
    }

    /**
     * Returns the tolerations of the pool, and those that an API server adds by default for lost nodes. With them, a
     * sandbox equals its template, whatever that API server's default times are.
     */
    private static List<Toleration> tolerations(List<Toleration> poolTolerations) {
        List<Toleration> tolerations = new ArrayList<>(poolTolerations);
        for (String taint : List.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")) {
            if (poolTolerations.stream().noneMatch(each -> bears(each, taint))) {
                tolerations.add(new Toleration("NoExecute", taint, "Exists", LOST_NODE_SECONDS, null));
            }
        }
        return tolerations;
    }

    /**
     * Returns whether the toleration covers the taint, by the rules of the admission plugin DefaultTolerationSeconds.
     */
    private static boolean bears(Toleration toleration, String taint) {
        return (isEmpty(toleration.getKey()) || toleration.getKey().equals(taint))
                && (isEmpty(toleration.getEffect()) || toleration.getEffect().equals("NoExecute"));
    }

    private static boolean isEmpty(@Nullable String text) {
        return text == null || text.isEmpty();
    }

    /** Creates the object that runners copy sandboxes from. */
    public PodTemplate podTemplate(SandboxPool pool) {
        String name = pool.getMetadata().getName();
        Map<String, String> annotations = new HashMap<>(Map.of(RunLimits.ANNOTATION, Hashes.canonical(limits)));
        if (isolation != Isolation.RuntimeClass) {
            annotations.put(Isolation.ANNOTATION, isolation.name());
        }
        if (Boolean.FALSE.equals(pod.getSpec().getHostUsers())) {
            annotations.put(EmbeddedSpec.HOST_USERS_ANNOTATION, "false");
        }
        return new PodTemplateBuilder()
                .withMetadata(PoolObjects.metadata(pool, PoolNames.podTemplate(name, hash))
                        .addToLabels(PoolLabels.REVISION, hash)
                        .addToAnnotations(annotations)
                        .build())
                .withTemplate(new PodTemplateSpecBuilder(pod)
                        .editMetadata()
                        .addToLabels(PoolLabels.REVISION, hash)
                        .endMetadata()
                        .build())
                .build();
    }
}
