package dev.sandpool.operator.sweep;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.operator.cluster.ApiServer;
import dev.sandpool.operator.cluster.CompactStore;
import dev.sandpool.operator.cluster.EventRecorder;
import dev.sandpool.operator.cluster.Pods;
import dev.sandpool.operator.cluster.PoolEvent;
import dev.sandpool.operator.cluster.Trimmed;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes unwanted sandboxes, at intervals and soon after a runner is gone. Runs in the leading operator only. */
public final class Sweep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Sweep.class);

    static final Duration EVERY = Duration.ofSeconds(15);
    // The time for the garbage collector, which gets the event at the same moment and needs a second.
    private static final Duration AFTER_A_RUNNER = Duration.ofSeconds(5);

    private final KubernetesClient client;
    private final Leaks leaks;
    private final EventRecorder events;
    private final SweepMetrics metrics;
    private final InstantSource clock;
    private final List<SharedIndexInformer<Pod>> sandboxes = new ArrayList<>();
    private final List<SandboxStore> sandboxStores = new ArrayList<>();
    private final List<SharedIndexInformer<Pod>> runners = new ArrayList<>();
    private final AtomicBoolean planned = new AtomicBoolean();
    private final ScheduledExecutorService timer;

    /**
     * Does nothing until it is started.
     *
     * @param namespaces the namespaces to sweep; none: all
     */
    public Sweep(
            KubernetesClient client,
            Set<String> namespaces,
            Leaks leaks,
            EventRecorder events,
            SweepMetrics metrics,
            InstantSource clock) {
        this(
                client,
                namespaces,
                leaks,
                events,
                metrics,
                clock,
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().daemon().name("sweep").factory()));
    }

    /** @param timer owned by the sweep and closed with it */
    Sweep(
            KubernetesClient client,
            Set<String> namespaces,
            Leaks leaks,
            EventRecorder events,
            SweepMetrics metrics,
            InstantSource clock,
            ScheduledExecutorService timer) {
        this.client = client;
        this.leaks = leaks;
        this.events = events;
        this.metrics = metrics;
        this.clock = clock;
        this.timer = timer;
        (namespaces.isEmpty() ? Set.of("") : namespaces).forEach(namespace -> {
            SandboxStore store = new SandboxStore();
            sandboxStores.add(store);
            sandboxes.add(pods(namespace, PoolLabels.ROLE_SANDBOX).itemStore(store));
            runners.add(pods(namespace, PoolLabels.ROLE_RUNNER)
                    .itemStore(new CompactStore<>(Pod.class, client.getKubernetesSerialization(), Trimmed::pod)));
        });
    }

    /** @param namespace empty: all */
    private SharedIndexInformer<Pod> pods(String namespace, String role) {
        var all = client.pods();
        return (namespace.isEmpty() ? all.inAnyNamespace() : all.inNamespace(namespace))
                .withLabels(Map.of(PoolLabels.MANAGED_BY, PoolLabels.MANAGED_BY_SANDPOOL, PoolLabels.ROLE, role))
                .withLimit(ApiServer.LIST_LIMIT)
                .runnableInformer(0);
    }

    /** Starts to watch and to sweep. Returns at once. */
    public void start() {
        Stream.concat(sandboxes.stream(), runners.stream()).forEach(informer -> {
            informer.exceptionHandler((_, _) -> true); // always tried again
            var _ = informer.start();
        });
        runners.forEach(informer -> informer.addEventHandler(new RunnerGone()));
        var _ = timer.scheduleWithFixedDelay(
                this::sweepSafely, EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void sweepSafely() {
        try {
            planned.set(false);
            sweepNow();
        } catch (RuntimeException e) {
            LOG.atWarn().setCause(e).log("a sweep failed; the next one tries again");
        }
    }

    /** Sweeps once, unless the informers have not synchronised yet. */
    public void sweepNow() {
        if (isSynced()) {
            metrics.timeSweep(() -> sweep(clock.instant()));
        }
    }

    public boolean isSynced() {
        return Stream.concat(sandboxes.stream(), runners.stream()).allMatch(SharedIndexInformer::hasSynced);
    }

    private void sweep(Instant now) {
        SweepPolicy policy = new SweepPolicy(pools(), runnerPods(), nodes());
        Map<SeenSandbox, SweepVerdict.Unwanted> unwanted = new HashMap<>();
        Map<ResourceID, List<String>> stuck = new HashMap<>();
        sandboxStores.stream().flatMap(SandboxStore::sandboxes).forEach(sandbox -> {
            switch (verdict(policy, sandbox, now)) {
                case SweepVerdict.Keep _ -> {}
                case SweepVerdict.Unwanted verdict -> unwanted.put(sandbox, verdict);
                case SweepVerdict.Stuck _ ->
                    stuck.computeIfAbsent(sandbox.pool(), _ -> new ArrayList<>())
                            .add(sandbox.id().getName());
            }
        });
        stuck.values().forEach(names -> names.sort(String::compareTo));
        leaks.stuck(stuck);
        unwanted.forEach((sandbox, verdict) -> deleteSafely(sandbox, verdict, policy));
        metrics.swept(
                now,
                unwanted.size(),
                stuck.values().stream().mapToInt(List::size).sum());
    }

    /**
     * Returns the verdict. A sandbox that cannot be judged, for example because its runner reports invalid data, is
     * kept and does not block the sweep of others.
     */
    private static SweepVerdict verdict(SweepPolicy policy, SeenSandbox sandbox, Instant now) {
        try {
            return policy.verdict(sandbox, now);
        } catch (RuntimeException e) {
            LOG.atWarn().addKeyValue("sandbox", sandbox.id()).setCause(e).log("this sandbox cannot be judged");
            return new SweepVerdict.Keep();
        }
    }

    private Map<ResourceID, SandboxPool> pools() {
        return leaks.pools().collect(Collectors.toMap(ResourceID::fromResource, Function.identity(), (a, _) -> a));
    }

    private Map<ResourceID, SweepPolicy.RunnerPod> runnerPods() {
        return runners.stream()
                .flatMap(informer -> informer.getStore().list().stream())
                .filter(pod -> !Pods.hasEnded(pod))
                .collect(Collectors.toMap(
                        ResourceID::fromResource,
                        pod -> new SweepPolicy.RunnerPod(
                                pod.getMetadata().getUid(),
                                new ResourceID(
                                        pod.getMetadata().getLabels().getOrDefault(PoolLabels.POOL, ""),
                                        pod.getMetadata().getNamespace())),
                        (a, _) -> a));
    }

    private Optional<Set<String>> nodes() {
        try {
            // From the API server's cache, which may be behind: before a sandbox is deleted, its node is asked for
            // itself.
            var options = new ListOptionsBuilder().withResourceVersion("0").build();
            return Optional.of(client.nodes().list(options).getItems().stream()
                    .map(node -> node.getMetadata().getName())
                    .collect(Collectors.toSet()));
        } catch (KubernetesClientException e) {
            return Optional.empty();
        }
    }

    /**
     * Deletes a sandbox. One that cannot be deleted, for example because a webhook refuses, does not block the sweep of
     * others.
     */
    private void deleteSafely(SeenSandbox sandbox, SweepVerdict.Unwanted verdict, SweepPolicy policy) {
        try {
            delete(sandbox, verdict, policy);
        } catch (KubernetesClientException e) {
            LOG.atWarn()
                    .addKeyValue("sandbox", sandbox.id())
                    .addKeyValue("reason", verdict.reason())
                    .addKeyValue("why", e.getMessage())
                    .log("a leaked sandbox could not be deleted; the next sweep tries again");
        }
    }

    private void delete(SeenSandbox sandbox, SweepVerdict.Unwanted verdict, SweepPolicy policy) {
        String namespace = sandbox.id().getNamespace().orElse("");
        if (isWrong(sandbox, verdict, namespace)) {
            return;
        }
        var options = new DeleteOptionsBuilder()
                .withApiVersion("v1")
                .withKind("DeleteOptions")
                .withGracePeriodSeconds(0L)
                .withNewPreconditions()
                .withUid(sandbox.uid())
                .endPreconditions()
                .build();
        try {
            var _ = client.raw(
                    "/api/v1/namespaces/" + namespace + "/pods/" + sandbox.id().getName(), "DELETE", options);
        } catch (KubernetesClientException e) {
            if (e.getCode() == 404 || e.getCode() == 409) {
                return; // another client has deleted it
            }
            throw e;
        }
        LOG.atInfo()
                .addKeyValue("sandbox", sandbox.id())
                .addKeyValue("reason", verdict.reason())
                .addKeyValue("detail", verdict.detail())
                .log("deleted a leaked sandbox");
        metrics.deleted(verdict.reason());
        SandboxPool pool = policy.pools().get(sandbox.pool());
        if (pool != null) {
            leaks.swept(sandbox.pool()); // no status would ever count sandboxes of a pool that is gone
            events.record(
                    pool,
                    PoolEvent.normal(
                            "LeakedSandboxDeleted",
                            "Sweep",
                            "Deleted sandbox " + sandbox.id().getName() + ": " + verdict.detail()));
        }
    }

    /**
     * Returns whether the verdict is wrong. Asks the API server itself whether something is gone, because a cache that
     * is behind would give the same wrong answer again.
     */
    private boolean isWrong(SeenSandbox sandbox, SweepVerdict.Unwanted verdict, String namespace) {
        return switch (verdict.reason()) {
            case RUNNER_GONE -> {
                SeenSandbox.Owner owner = sandbox.owner().orElseThrow();
                Pod pod = client.pods()
                        .inNamespace(namespace)
                        .withName(owner.name())
                        .get();
                yield pod != null && pod.getMetadata().getUid().equals(owner.uid()) && !Pods.hasEnded(pod);
            }
            case POOL_GONE ->
                !sandbox.pool().getName().isEmpty()
                        && client.resources(SandboxPool.class)
                                        .inNamespace(namespace)
                                        .withName(sandbox.pool().getName())
                                        .get()
                                != null;
            case NODE_GONE ->
                !client.nodes()
                        .withField("metadata.name", sandbox.node().orElseThrow())
                        .list()
                        .getItems()
                        .isEmpty();
            case FINISHED, NOT_MADE_BY_A_RUNNER, RUNNER_RESTARTED, TOO_OLD, NEVER_WARM -> false;
        };
    }

    @Override
    public void close() {
        timer.shutdownNow();
        Stream.concat(sandboxes.stream(), runners.stream()).forEach(SharedIndexInformer::stop);
    }

    /** Schedules the next sweep earlier when a runner is gone. */
    private final class RunnerGone implements ResourceEventHandler<Pod> {
        @Override
        public void onAdd(Pod pod) {}

        @Override
        public void onUpdate(Pod before, Pod pod) {}

        @Override
        public void onDelete(Pod pod, boolean finalStateUnknown) {
            if (planned.compareAndSet(false, true) && !timer.isShutdown()) {
                var _ = timer.schedule(Sweep.this::sweepSafely, AFTER_A_RUNNER.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
    }
}
