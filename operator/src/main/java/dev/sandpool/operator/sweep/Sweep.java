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

/** Deletes sandboxes that nobody wants: now and then, and soon after a runner is gone. Runs in the leading operator only. */
public final class Sweep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Sweep.class);

    static final Duration EVERY = Duration.ofSeconds(15);
    // Time for the garbage collector, which is told of it at the same moment and needs a second.
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
     * Sweeps nothing until it is started.
     *
     * @param namespaces to sweep; none: all
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

    /** @param timer becomes the sweep's own, and is closed with it */
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

    /** Begins to watch and to sweep; returns at once. */
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

    /** One sweep, unless it is not known yet what there is. */
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

    /** What cannot be judged, such as one whose runner tells nonsense of itself, is kept, and keeps no other from being swept. */
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
            // From the API server's memory: a node that came a moment ago has no sandbox past the grace period yet.
            var options = new ListOptionsBuilder().withResourceVersion("0").build();
            return Optional.of(client.nodes().list(options).getItems().stream()
                    .map(node -> node.getMetadata().getName())
                    .collect(Collectors.toSet()));
        } catch (KubernetesClientException e) {
            return Optional.empty();
        }
    }

    /** One that cannot be deleted, since a webhook refuses for instance, keeps no other from being swept. */
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
                return; // somebody was faster
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
            leaks.swept(sandbox.pool()); // of a pool that is gone nobody would ever count it
            events.record(
                    pool,
                    PoolEvent.normal(
                            "LeakedSandboxDeleted",
                            "Sweep",
                            "Deleted sandbox " + sandbox.id().getName() + ": " + verdict.detail()));
        }
    }

    /** That something is gone is asked again at the API server itself, since a cache that is behind would say the same. */
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
            case FINISHED, NOT_MADE_BY_A_RUNNER, RUNNER_RESTARTED, NODE_GONE, TOO_OLD, NEVER_WARM -> false;
        };
    }

    @Override
    public void close() {
        timer.shutdownNow();
        Stream.concat(sandboxes.stream(), runners.stream()).forEach(SharedIndexInformer::stop);
    }

    /** Brings the next sweep forward. */
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
