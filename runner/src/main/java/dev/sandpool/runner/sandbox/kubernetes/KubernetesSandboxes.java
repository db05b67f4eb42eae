package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.PoolNames;
import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import dev.sandpool.runner.sandbox.Sandboxes;
import dev.sandpool.runner.sandbox.Timer;
import dev.sandpool.runner.sandbox.session.IsolationRequirements;
import dev.sandpool.runner.sandbox.session.SandboxSession;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sandboxes in pods of their own, each held by its attach stream. */
final class KubernetesSandboxes implements Sandboxes {
    private static final Logger LOG = LoggerFactory.getLogger(KubernetesSandboxes.class);

    private static final Duration RETIRE_EVERY = Duration.ofSeconds(10);

    // The number of attach tries before the container is reported to run: over 0.8 s in all, with pauses that grow by
    // half.
    private static final int EARLY_TRIES = 6;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(60);

    private final RunnerIdentity runner;
    private final PodApi api;
    private final PodReaper reaper = new PodReaper();
    private final Timer timer = Timer.system();
    private final HeldPods held = new HeldPods();
    private final AttachTimes attachTimes = new AttachTimes();
    private final Map<String, SandboxPod> pods = new ConcurrentHashMap<>();
    private final SharedIndexInformer<Pod> informer;
    private volatile String lastWatchFailure = "";

    /** Starts to watch the pods. Needs no API server yet. */
    KubernetesSandboxes(RunnerIdentity runner, KubernetesClient client) {
        this.runner = runner;
        this.api = new PodApi(client, runner.namespace());
        this.informer = client.pods()
                .inNamespace(runner.namespace())
                .withLabel(PoolLabels.RUNNER_LIFE, runner.life())
                .runnableInformer(0);
        informer.addEventHandler(new Watch());
        informer.exceptionHandler((started, failure) -> watchFailed(failure));
        var _ = informer.start();
        timer.after(RETIRE_EVERY, this::retire);
    }

    /** The watch is always tried again. A failure is logged when it differs from the last one. */
    private boolean watchFailed(Throwable failure) {
        String how = failure.toString();
        if (!how.equals(lastWatchFailure)) {
            lastWatchFailure = how;
            LOG.atWarn()
                    .addKeyValue("failure", how)
                    .log("the watch of this runner's sandboxes failed and is tried again");
        }
        return true;
    }

    @Override
    public WarmSandbox start(Revision revision, Duration atMost) throws SandboxStartException, InterruptedException {
        Deadline deadline = Deadline.in(atMost);
        Optional<SandboxPod> waiting = held.take(revision.name(), System.nanoTime());
        SandboxPod pod = waiting.isPresent() ? waiting.get() : create(ofPods(revision));
        boolean stays = false;
        try {
            SandboxSession session = greet(pod, revision.limits(), IsolationRequirements.of(revision), deadline);
            attachTimes.answered(pod.sinceScheduled());
            pod.holds(session);
            stays = true;
            return session;
        } catch (SandboxStartException e) {
            stays = pod.isHeld() && held.add(revision.name(), pod, System.nanoTime());
            throw e;
        } finally {
            if (!stays) {
                pod.takeBack();
            }
        }
    }

    private SandboxSession greet(
            SandboxPod pod, SandboxLimits limits, IsolationRequirements requirements, Deadline deadline)
            throws SandboxStartException, InterruptedException {
        Optional<Duration> mayRunAfter = attachTimes.firstTry();
        Duration pause = FIRST_PAUSE;
        for (int tries = 1; !pod.awaitRunning(mayRunAfter, deadline); tries++) {
            try {
                EarlyAttach early = new EarlyAttach(pod);
                SandboxSession session = SandboxSession.greet(
                        pod.name(), api.tryAttach(pod, deadline), early, limits, requirements, deadline);
                early.greeted();
                return session;
            } catch (SandboxStartException e) {
                if (e.reason() != Reason.ATTACH && e.reason() != Reason.ENDED_EARLY) {
                    throw e;
                }
                mayRunAfter = tries == EARLY_TRIES
                        ? Optional.empty()
                        : Optional.of(pod.sinceScheduled().plus(pause));
                pause = pause.multipliedBy(3).dividedBy(2);
            }
        }
        return SandboxSession.greet(pod.name(), api.attach(pod, deadline), pod, limits, requirements, deadline);
    }

    @Override
    public void want(Set<String> revisions) {
        held.want(revisions);
    }

    private static PodRevision ofPods(Revision revision) {
        if (revision instanceof PodRevision pods) {
            return pods;
        }
        throw new IllegalArgumentException("revision " + revision.name() + " has no pod template");
    }

    private SandboxPod create(PodRevision revision) throws SandboxStartException {
        SandboxPodTemplate template = revision.template();
        String name =
                PoolNames.sandboxPrefix(runner.pool(), runner.name()) + RandomName.next(PoolNames.SANDBOX_LETTERS);
        SandboxPod pod =
                new SandboxPod(name, template.usefulAge(revision.limits().runTimeout()), () -> delete(name));
        pods.put(name, pod); // before the pod exists, so that no event about it is missed
        try {
            pod.created(api.create(template.stamp(name, labels(revision), runner.asOwner())));
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

    /**
     * Deletes a pod of this instance that nobody holds. A creation that got no answer may take effect after the
     * deletion of its pod found nothing. A late event of a pod that is gone costs one deletion that finds nothing.
     */
    private void deleteStray(Pod pod) {
        String name = pod.getMetadata().getName();
        SandboxPod stray = new SandboxPod(name, Optional.empty(), () -> delete(name));
        stray.saw(pod);
        pods.put(name, stray); // until it is gone, so that later events of it do not delete it once more
        stray.takeBack();
    }

    private void retire() {
        held.retire(System.nanoTime());
        pods.values().stream()
                .filter(SandboxPod::isTooOld)
                .forEach(pod -> pod.condemn("its pod's activeDeadlineSeconds is near"));
        timer.after(RETIRE_EVERY, this::retire);
    }

    private Map<String, String> labels(Revision revision) {
        return Map.of(
                PoolLabels.MANAGED_BY,
                PoolLabels.MANAGED_BY_SANDPOOL,
                PoolLabels.ROLE,
                PoolLabels.ROLE_SANDBOX,
                PoolLabels.POOL,
                runner.pool(),
                PoolLabels.REVISION,
                revision.name(),
                PoolLabels.RUNNER,
                PoolLabels.value(runner.name()),
                PoolLabels.RUNNER_LIFE,
                runner.life());
    }

    private void delete(String name) {
        SandboxPod pod = pods.get(name);
        Optional<String> uid = pod == null ? Optional.empty() : pod.uid();
        reaper.delete(name, () -> api.delete(name, uid), () -> pods.remove(name));
    }

    @Override
    public String isolation() {
        return "isolated by gVisor: each program runs in a sandbox in a pod of namespace " + runner.namespace()
                + "; the runner checks its isolation before it uses it";
    }

    @Override
    public void deleteLeftovers() {
        reaper.delete(
                "leftovers",
                () -> {
                    var left = api.leftovers(PoolLabels.value(runner.name()), runner.life());
                    if (!left.isEmpty()) {
                        LOG.atInfo()
                                .addKeyValue("pods", left.size())
                                .log("deleting the sandboxes of an earlier process of this runner");
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
        held.close();
        pods.values().forEach(SandboxPod::takeBack);
        reaper.close();
        informer.stop();
        timer.close();
    }

    /** Passes on the informer's events. Its threads must not block, so no method here does. */
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
            } else if (pod.getMetadata().getDeletionTimestamp() == null) {
                deleteStray(pod);
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
