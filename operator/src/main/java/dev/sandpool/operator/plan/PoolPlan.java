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
 * What is to be done about a pool: a function of what was observed and the time, of nothing else.
 *
 * @param desired objects as they should be, in the order in which they are applied; none while the pool is paused
 * @param obsolete PodTemplates that nobody will stamp sandboxes from any more
 * @param status as it should be, without the runners' own entries
 * @param events what a person wants to know of the difference to the status before
 * @param scaling what a person wants to know when the number of runners has been changed; empty if that is not to be
 * @param isPartial whether something is left out that has to wait until something else is seen
 */
public record PoolPlan(
        List<HasMetadata> desired,
        List<PodTemplate> obsolete,
        SandboxPoolStatus status,
        List<PoolEvent> events,
        Optional<PoolEvent> scaling,
        boolean isPartial) {

    public static PoolPlan of(ObservedPool seen, Installation installation, Instant now) {
        SandboxPool pool = seen.pool();
        SandboxRevision wanted = SandboxRevision.of(pool);
        String revision = pool.getSpec().paused() ? heldRevision(seen, wanted) : wanted.hash();
        String stable = stableRevision(seen, revision);
        Set<String> there = seen.templates().stream().map(PoolPlan::revisionOf).collect(Collectors.toSet());
        // Nothing names a PodTemplate that is not seen; where the wanted one is refused all else goes on with the last.
        Optional<String> told = toldRevision(seen, revision, stable, there);
        Set<String> inUse = inUse(seen, revision, stable);
        told.ifPresent(inUse::add);
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
                        pool, wanted, used, told, stable, installation, seen.runnerAccount(), seen.runnersReady()),
                obsolete,
                status,
                PoolEvents.of(seen, status),
                PoolEvents.scaling(seen),
                !there.contains(revision) || seen.runnerAccount().isEmpty());
    }

    /** What is not desired yet since it has to wait for something else to be seen. Only its kind, its name and whose it is are of use. */
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

    /** The wanted one as soon as it is there, and until then one that is. */
    private static Optional<String> toldRevision(ObservedPool seen, String revision, String stable, Set<String> there) {
        List<String> best =
                List.of(revision, Objects.requireNonNullElse(seen.status().revision(), ""), stable);
        return Stream.concat(best.stream(), there.stream().sorted())
                .filter(there::contains)
                .findFirst();
    }

    /** A paused pool keeps the revision that it has. */
    private static String heldRevision(ObservedPool seen, SandboxRevision wanted) {
        return Objects.requireNonNullElse(seen.status().revision(), wanted.hash());
    }

    /** The wanted one as soon as every runner has taken it up and has no sandbox of another; until then the one before, empty if there was none. */
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

    /** Of a busy runner no sandbox is seen to wait: each is claimed as soon as it is warm. */
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
     * The runs that no entry tells of any more: those of runners that are gone, and of earlier lives of those that are not, which a total
     * that went down gives away.
     */
    private static RunCounts retired(SandboxPoolStatus before, RunCounts reported, List<RunnerStatus> dead) {
        RunCounts retired = Objects.requireNonNullElse(before.retiredRuns(), RunCounts.NONE);
        for (RunnerStatus runner : dead) {
            retired = retired.plus(runner.runs());
        }
        RunCounts now = retired.plus(reported);
        RunCounts told = Objects.requireNonNullElse(before.runs(), RunCounts.NONE);
        return retired.plus(new RunCounts(
                Math.max(0, told.total() - now.total()),
                Math.max(0, told.failed() - now.failed()),
                Math.max(0, told.timedOut() - now.timedOut())));
    }

    private static int sum(List<RunnerStatus> runners, ToIntFunction<RunnerStatus> number) {
        return runners.stream().mapToInt(number).sum();
    }

    /** As an autoscaler's query string wants it. */
    static String selector(SandboxPool pool) {
        return PoolLabels.POOL + "=" + pool.getMetadata().getName() + "," + PoolLabels.ROLE + "="
                + PoolLabels.ROLE_RUNNER;
    }

    /** Whether what is left out waits for objects that have just been written, and so are about to be seen. */
    public boolean goesOnSoon(List<Refusal> refused) {
        return isPartial
                && refused.stream().noneMatch(refusal -> refusal.isOf("PodTemplate") || refusal.isOf("ServiceAccount"));
    }

    /** Whether the status that the API server has says all that this one says. */
    public boolean isTold(SandboxPoolStatus told) {
        return status.equals(withoutRunners(told));
    }

    /** Whether nothing is wrong and nothing is under way: then only an event changes that. */
    public boolean isSettled() {
        return is("Ready", "True") && is("Progressing", "False") && is("Degraded", "False");
    }

    private boolean is(String type, String wanted) {
        return status.conditions().stream()
                .anyMatch(condition -> condition.getType().equals(type)
                        && condition.getStatus().equals(wanted));
    }

    /** Of a status only what the operator itself writes. */
    public static SandboxPoolStatus withoutRunners(SandboxPoolStatus status) {
        return status.with(List.of(), status.conditions());
    }
}
