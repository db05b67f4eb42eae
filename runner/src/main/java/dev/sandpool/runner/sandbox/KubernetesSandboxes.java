package dev.sandpool.runner.sandbox;

import dev.sandpool.crds.PoolLabels;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sandboxes in pods of their own, each held by its attach stream. */
public final class KubernetesSandboxes implements Sandboxes {
    private static final Logger LOG = LoggerFactory.getLogger(KubernetesSandboxes.class);

    // Small letters and digits that nobody takes for one another, as Kubernetes itself uses in generated names.
    private static final String NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789";
    private static final int NAME_LENGTH = 10;

    // A run that began in time ends before the kubelet ends its pod.
    private static final Duration RETIRE_BEFORE = Duration.ofSeconds(30);
    private static final Duration RETIRE_EVERY = Duration.ofSeconds(10);

    private static final Duration API_TIMEOUT = Duration.ofSeconds(10);

    /**
     * Where the pods go and whose they are.
     *
     * @param podTemplate a file with a Pod or a core/v1 PodTemplate
     * @param runner the runner's pod name, or another name that is its own and stays over restarts
     * @param runnerUid of the runner's pod; without it the sandboxes have no owner that the garbage collector could miss
     */
    public record Settings(String namespace, Path podTemplate, String runner, Optional<String> runnerUid) {}

    private final KubernetesClient client;
    private final SandboxPodTemplate template;
    private final SandboxLimits limits;
    private final Settings settings;
    private final PodApi api;
    private final PodReaper reaper = new PodReaper();
    private final Timer timer = Timer.system();
    private final SecureRandom random = new SecureRandom();
    private final String life = randomName();
    private final Map<String, SandboxPod> pods = new ConcurrentHashMap<>();
    private final SharedIndexInformer<Pod> informer;
    private volatile String lastWatchFailure = "";

    /**
     * Reads and checks the template, and begins to watch. Needs no API server yet.
     *
     * @throws IllegalArgumentException with all that is wrong with the template
     */
    public KubernetesSandboxes(Settings settings, SandboxLimits limits) {
        this(settings, limits, connect());
    }

    KubernetesSandboxes(Settings settings, SandboxLimits limits, KubernetesClient client) {
        this.settings = settings;
        this.limits = limits;
        this.client = client;
        this.template = SandboxPodTemplate.read(settings.podTemplate());
        Optional<Duration> oldest = usefulAge();
        this.api = new PodApi(client, settings.namespace());
        this.informer = client.pods()
                .inNamespace(settings.namespace())
                .withLabel(PoolLabels.RUNNER_LIFE, life)
                .runnableInformer(0);
        informer.addEventHandler(new Watch());
        informer.exceptionHandler((started, failure) -> watchFailed(failure));
        var _ = informer.start();
        oldest.ifPresent(age -> timer.after(RETIRE_EVERY, () -> retire(age)));
    }

    /** Always tried again; logged when it fails in another way than the last time. */
    private boolean watchFailed(Throwable failure) {
        String how = failure.toString();
        if (!how.equals(lastWatchFailure)) {
            lastWatchFailure = how;
            LOG.atWarn().addKeyValue("failure", how).log("the watch of our own pods failed and is tried again");
        }
        return true;
    }

    /** With no retries of its own: the pool's backoff knows more, and a creation that is repeated blindly may make two pods. */
    private static KubernetesClient connect() {
        Config config = new ConfigBuilder(Config.autoConfigure(null))
                .withRequestRetryBackoffLimit(0)
                .withRequestTimeout((int) API_TIMEOUT.toMillis())
                .withConnectionTimeout((int) API_TIMEOUT.toMillis())
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    @Override
    public WarmSandbox start() throws SandboxStartException, InterruptedException {
        Deadline deadline = Deadline.in(limits.startTimeout());
        SandboxPod pod = create();
        boolean warm = false;
        try {
            pod.awaitRunning(deadline);
            AttachTransport transport = api.attach(pod, deadline);
            SandboxSession session = SandboxSession.greet(pod.name(), transport, pod, limits, Demands.POD, deadline);
            pod.holds(session);
            warm = true;
            return session;
        } finally {
            if (!warm) {
                pod.takeBack();
            }
        }
    }

    private SandboxPod create() throws SandboxStartException {
        String name = "sandbox-" + randomName();
        SandboxPod pod = new SandboxPod(name, () -> delete(name));
        pods.put(name, pod); // before it exists, so that no event about it is missed
        try {
            pod.created(api.create(template.stamp(name, labels(), owner())));
        } catch (SandboxStartException e) {
            if (PodApi.mayHaveCreated(e)) {
                pod.takeBack();
            } else {
                pods.remove(name);
            }
            throw e;
        }
        return pod;
    }

    /** How old a pod may be when it is claimed; empty: any age. */
    private Optional<Duration> usefulAge() {
        Optional<Duration> age = template.activeDeadline()
                .map(deadline -> deadline.minus(RETIRE_BEFORE).minus(limits.runTimeout()));
        age.filter(longest -> longest.compareTo(limits.startTimeout()) <= 0).ifPresent(tooShort -> {
            throw new IllegalArgumentException("the pod template's activeDeadlineSeconds leaves a sandbox "
                    + tooShort.toSeconds() + " s of use, less than its start may take");
        });
        return age;
    }

    private void retire(Duration age) {
        pods.values().stream()
                .filter(pod -> pod.isOlderThan(age))
                .forEach(pod -> pod.condemn("its pod's activeDeadlineSeconds is near"));
        timer.after(RETIRE_EVERY, () -> retire(age));
    }

    private Map<String, String> labels() {
        return Map.of(
                PoolLabels.MANAGED_BY,
                PoolLabels.MANAGED_BY_SANDPOOL,
                PoolLabels.ROLE,
                PoolLabels.ROLE_SANDBOX,
                PoolLabels.RUNNER,
                PoolLabels.value(settings.runner()),
                PoolLabels.RUNNER_LIFE,
                life);
    }

    /** Not blocking: a runner's pod is never held back by its sandboxes. */
    private Optional<OwnerReference> owner() {
        return settings.runnerUid()
                .map(uid -> new OwnerReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Pod")
                        .withName(settings.runner())
                        .withUid(uid)
                        .withController(false)
                        .withBlockOwnerDeletion(false)
                        .build());
    }

    private void delete(String name) {
        SandboxPod pod = pods.get(name);
        Optional<String> uid = pod == null ? Optional.empty() : pod.uid();
        reaper.delete(name, () -> api.delete(name, uid), () -> pods.remove(name));
    }

    private String randomName() {
        StringBuilder name = new StringBuilder();
        random.ints(NAME_LENGTH, 0, NAME_LETTERS.length()).forEach(i -> name.append(NAME_LETTERS.charAt(i)));
        return name.toString();
    }

    @Override
    public String isolation() {
        return "isolated by gVisor: each program runs in a pod of its own in namespace " + settings.namespace()
                + ", which has proved its isolation before it is used";
    }

    @Override
    public void deleteLeftovers() {
        reaper.delete(
                "leftovers",
                () -> {
                    var left = api.leftovers(PoolLabels.value(settings.runner()), life);
                    if (!left.isEmpty()) {
                        LOG.atInfo().addKeyValue("pods", left.size()).log("deleting the sandboxes of an earlier life");
                    }
                    left.forEach(this::deleteLeftover);
                },
                () -> {});
    }

    private void deleteLeftover(ObjectMeta pod) {
        reaper.delete(pod.getName(), () -> api.delete(pod.getName(), Optional.of(pod.getUid())), () -> {});
    }

    @Override
    public int ending() {
        return (int) pods.values().stream().filter(SandboxPod::isTakenBack).count();
    }

    @Override
    public void close() {
        pods.values().forEach(SandboxPod::takeBack);
        reaper.close();
        informer.stop();
        timer.close();
        client.close();
    }

    /** Passes on what the informer sees. Its threads must not wait, so nothing here does. */
    private final class Watch implements ResourceEventHandler<Pod> {
        @Override
        public void onAdd(Pod pod) {
            saw(pod);
        }

        @Override
        public void onUpdate(Pod before, Pod pod) {
            saw(pod);
        }

        private void saw(Pod pod) {
            SandboxPod ours = pods.get(pod.getMetadata().getName());
            if (ours != null) {
                ours.saw(pod);
            }
        }

        @Override
        public void onDelete(Pod pod, boolean finalStateUnknown) {
            SandboxPod ours = pods.get(pod.getMetadata().getName());
            if (ours != null) {
                ours.sawDeleted();
            }
        }
    }
}
