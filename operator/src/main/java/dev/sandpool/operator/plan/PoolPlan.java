package dev.sandpool.operator.plan;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.RunCounts;
import dev.sandpool.crds.RunnerStatus;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import dev.sandpool.operator.cluster.PoolEvent;
import dev.sandpool.operator.cluster.Refusal;
import dev.sandpool.operator.objects.Installation;
import dev.sandpool.operator.objects.PoolObjects;
import dev.sandpool.operator.objects.Runners;
import dev.sandpool.operator.objects.SandboxRevision;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The plan for a pool: a function of the observed state and the time only.
 *
 * @param desired the objects as they should be, in the order in which they are applied; none while the pool is paused
 * @param obsolete PodTemplates from which no runner will create sandboxes any more
 * @param status the status as it should be, without the runners' entries
 * @param events events for the difference to the status before
 * @param scaling the event to record when the number of runners has been changed; empty if it is not to be changed
 * @param isPartial whether an object is left out because another one has to be observed first
 */
public record PoolPlan(
        List<HasMetadata> desired,
        List<PodTemplate> obsolete,
        SandboxPoolStatus status,
        List<PoolEvent> events,
        Optional<PoolEvent> scaling,
        boolean isPartial) {

    /** Computes the plan for what was observed. */
    public static PoolPlan of(ObservedPool seen, Installation installation, Instant now) {
        SandboxPool pool = seen.pool();
        SandboxRevision wanted = SandboxRevision.of(pool);
        String revision = pool.getSpec().paused() ? heldRevision(seen, wanted) : wanted.hash();
        String stable = stableRevision(seen, revision);
        Set<String> there = seen.templates().stream().map(PoolPlan::revisionOf).collect(Collectors.toSet());
        // No setting names a PodTemplate that is not observed: the Role does not list it, so a runner that starts could
        // not read it. If the wanted one is refused, everything else continues with the last one.
        Optional<String> named = namedRevision(seen, revision, stable, there);
        String namedStable = there.contains(stable) ? stable : "";
        Set<String> inUse = inUse(seen, revision, stable);
        named.ifPresent(inUse::add);
        List<PodTemplate> used = seen.templates().stream()
                .filter(template -> inUse.contains(revisionOf(template)))
                .map(template -> revisionOf(template).equals(wanted.hash()) ? wanted.podTemplate(pool) : template)
                .toList();

        SandboxPoolStatus status = status(seen, revision, stable, now);
        if (pool.getSpec().paused()) {
            return new PoolPlan(List.of(), List.of(), status, PoolEvents.of(seen, status), Optional.empty(), false);
        }
        List<PodTemplate> obsolete = seen.templates().stream()
                .filter(template -> !inUse.contains(revisionOf(template)))
                .toList();
        return new PoolPlan(
                PoolObjects.desired(
                        pool,
                        wanted,
                        used,
                        named,
                        namedStable,
                        installation,
                        seen.runnerAccount(),
                        seen.runnersReady()),
                obsolete,
                status,
                PoolEvents.of(seen, status),
                PoolEvents.scaling(seen),
                !there.contains(revision) || seen.runnerAccount().isEmpty());
    }

    /**
     * Returns the objects that are left out because others have to be observed first. Only their kind, name and owner
     * are of use.
     */
    public List<HasMetadata> later(SandboxPool pool, Installation installation) {
        if (pool.getSpec().paused()) {
            return List.of();
        }
        Set<String> kinds = desired.stream().map(HasMetadata::getKind).collect(Collectors.toSet());
        return Stream.<HasMetadata>of(
                        Runners.settings(pool, SandboxRevision.of(pool).hash(), ""),
                        Runners.deployment(pool, installation.runnerImage(), ""))
                .filter(object -> !kinds.contains(object.getKind()))
                .toList();
    }

    /**
     * Returns the revision for the settings: the wanted one as soon as its PodTemplate exists, and until then one that
     * exists.
     */
    private static Optional<String> namedRevision(
            ObservedPool seen, String revision, String stable, Set<String> there) {
        List<String> best =
                List.of(revision, Objects.requireNonNullElse(seen.status().revision(), ""), stable);
        return Stream.concat(best.stream(), there.stream().sorted())
                .filter(there::contains)
                .findFirst();
    }

    /** Returns the revision of a paused pool, which keeps the one that it has. */
    private static String heldRevision(ObservedPool seen, SandboxRevision wanted) {
        return Objects.requireNonNullElse(seen.status().revision(), wanted.hash());
    }

    /**
     * Returns the wanted revision as soon as every runner uses it and has no sandbox of another one; until then the one
     * before, empty if there was none.
     */
    private static String stableRevision(ObservedPool seen, String revision) {
        List<RunnerStatus> live = seen.liveRunners();
        boolean everywhere = !live.isEmpty()
                && live.size() == seen.runnerPods().size()
                && live.stream()
                        .allMatch(runner -> revision.equals(runner.target())
                                && revision.equals(runner.revision())
                                && runner.warm() == runner.warmOfRevision()
                                && hasServed(runner));
        return everywhere ? revision : Objects.requireNonNullElse(seen.status().stableRevision(), "");
    }

    /**
     * Returns whether the runner has had sandboxes. On a busy runner none is seen idle, because each is claimed as soon
     * as it is warm.
     */
    private static boolean hasServed(RunnerStatus runner) {
        return runner.warm() > 0
                || runner.running() > 0
                || runner.runs().total() > runner.runs().failed();
    }

    private static Set<String> inUse(ObservedPool seen, String revision, String stable) {
        Set<String> inUse = new HashSet<>(List.of(revision, stable));
        seen.liveRunners().forEach(runner -> {
            inUse.add(Objects.requireNonNullElse(runner.revision(), revision));
            inUse.add(Objects.requireNonNullElse(runner.target(), revision));
        });
        return inUse;
    }

    private static String revisionOf(PodTemplate template) {
        return template.getMetadata().getLabels().getOrDefault(PoolLabels.REVISION, "");
    }

    private static SandboxPoolStatus status(ObservedPool seen, String revision, String stable, Instant now) {
        SandboxPoolStatus before = seen.status();
        List<RunnerStatus> live = seen.liveRunners();
        int replicas = seen.deployment()
                .map(Deployment::getStatus)
                .map(status -> Objects.requireNonNullElse(status.getReplicas(), 0))
                .orElse(0);
        int ready = seen.deployment()
                .map(Deployment::getStatus)
                .map(status -> Objects.requireNonNullElse(status.getReadyReplicas(), 0))
                .orElse(0);
        RunCounts reported = live.stream().map(RunnerStatus::runs).reduce(RunCounts.NONE, RunCounts::plus);
        RunCounts retired = retired(before, reported, seen.deadRunners());
        return new SandboxPoolStatus(
                seen.pool().getMetadata().getGeneration(),
                replicas,
                ready,
                ready + "/" + seen.pool().getSpec().replicas(),
                selector(seen.pool()),
                sum(live, RunnerStatus::warm),
                sum(live, RunnerStatus::warmWanted),
                sum(live, RunnerStatus::kept),
                sum(live, RunnerStatus::running),
                sum(live, RunnerStatus::starting),
                sum(live, RunnerStatus::queued),
                sum(live, RunnerStatus::capacity),
                revision,
                stable.isEmpty() ? null : stable,
                PoolConditions.failingRevision(seen).orElse(null),
                retired.plus(reported),
                retired,
                Objects.requireNonNullElse(before.leaksCleaned(), 0L) + seen.swept(),
                List.of(),
                PoolConditions.of(seen, revision, now));
    }

    /**
     * Returns the runs that no entry counts any more: those of runners that are gone, and of earlier instances of the
     * others. A total that became smaller shows the latter.
     */
    private static RunCounts retired(SandboxPoolStatus before, RunCounts reported, List<RunnerStatus> dead) {
        RunCounts retired = Objects.requireNonNullElse(before.retiredRuns(), RunCounts.NONE);
        for (RunnerStatus runner : dead) {
            retired = retired.plus(runner.runs());
        }
        RunCounts now = retired.plus(reported);
        RunCounts counted = Objects.requireNonNullElse(before.runs(), RunCounts.NONE);
        return retired.plus(new RunCounts(
                Math.max(0, counted.total() - now.total()),
                Math.max(0, counted.failed() - now.failed()),
                Math.max(0, counted.timedOut() - now.timedOut())));
    }

    private static int sum(List<RunnerStatus> runners, ToIntFunction<RunnerStatus> number) {
        return runners.stream().mapToInt(number).sum();
    }

    /** Returns the selector as a query string for an autoscaler. */
    static String selector(SandboxPool pool) {
        return PoolLabels.POOL + "=" + pool.getMetadata().getName() + "," + PoolLabels.ROLE + "="
                + PoolLabels.ROLE_RUNNER;
    }

    /**
     * Returns whether the omitted objects wait for others that have just been written, and so will be observed soon.
     */
    public boolean goesOnSoon(List<Refusal> refused) {
        return isPartial
                && refused.stream().noneMatch(refusal -> refusal.isOf("PodTemplate") || refusal.isOf("ServiceAccount"));
    }

    /** Returns whether the status on the API server equals this plan's. */
    public boolean isWritten(SandboxPoolStatus observed) {
        return status.equals(withoutRunners(observed));
    }

    /** Returns whether there is no problem and no change under way, so that only an event changes the state. */
    public boolean isSettled() {
        return is("Ready", "True") && is("Progressing", "False") && is("Degraded", "False");
    }

    private boolean is(String type, String wanted) {
        return status.conditions().stream()
                .anyMatch(condition -> condition.getType().equals(type)
                        && condition.getStatus().equals(wanted));
    }

    /** Returns the part of a status that the operator itself writes. */
    public static SandboxPoolStatus withoutRunners(SandboxPoolStatus status) {
        return status.with(List.of(), status.conditions());
    }
}
