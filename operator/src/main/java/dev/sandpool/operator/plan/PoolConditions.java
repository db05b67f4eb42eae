package dev.sandpool.operator.plan;

import dev.sandpool.crds.RunnerStatus;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolSpec;
import dev.sandpool.crds.SandboxPoolStatus;
import dev.sandpool.operator.cluster.Refusal;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The conditions of a pool. Reasons come from closed sets; messages are for a person who has to act. */
public final class PoolConditions {
    static final String READY = "Ready";
    static final String PROGRESSING = "Progressing";
    static final String SANDBOXES_STARTABLE = "SandboxesStartable";
    static final String DEGRADED = "Degraded";

    public static final List<String> TYPES = List.of(READY, PROGRESSING, SANDBOXES_STARTABLE, DEGRADED);

    // kstatus reads these before it reads Ready. They exist only while they are true, and repeat what the others say.
    static final String RECONCILING = "Reconciling";
    static final String STALLED = "Stalled";

    static final String PAUSED = "Paused";
    static final String OBJECTS_REFUSED = "ObjectsRefused";
    private static final String REVISION_HELD = "RevisionHeld";
    private static final String SANDBOXES_STUCK_TERMINATING = "SandboxesStuckTerminating";

    // Deployment tools give up on a pool that is stalled. That must not happen because a Secret is applied a moment
    // after its pool, or a registry does not answer once. It is less than the default timeout of Flux, five minutes.
    static final Duration STALLED_AFTER = Duration.ofMinutes(2);

    // Less than the maximum of Kubernetes, and short enough for a screen.
    private static final int LONGEST_MESSAGE = 1024;

    /** A condition without its time. */
    private record Verdict(String type, @Nullable Boolean holds, String reason, String message) {}

    private PoolConditions() {}

    static List<Condition> of(ObservedPool seen, String revision, Instant now) {
        Verdict startable = startable(seen);
        Verdict progressing = progressing(seen, revision, startable);
        List<Condition> conditions = Stream.of(ready(seen), progressing, startable, degraded(seen, startable))
                .map(verdict -> condition(verdict, seen.pool(), seen.status().conditions(), now))
                .toList();
        Condition degraded = conditions.getLast();
        return Stream.concat(conditions.stream(), unreached(seen, progressing, degraded, now).stream())
                .toList();
    }

    /** Returns Reconciling while the pool is not yet as its spec says, or Stalled if it needs a person to get there. */
    private static Optional<Condition> unreached(
            ObservedPool seen, Verdict progressing, Condition degraded, Instant now) {
        boolean blocked =
                isTrue(degraded) && !degraded.getReason().equals(SANDBOXES_STUCK_TERMINATING); // old sandboxes
        boolean held = progressing.reason().equals(REVISION_HELD);
        if (!blocked && !held && !Boolean.TRUE.equals(progressing.holds())) {
            return Optional.empty();
        }
        // Each generation has its own time, since problems of the one before do not matter to it.
        List<Condition> before = Objects.equals(
                        seen.status().observedGeneration(),
                        seen.pool().getMetadata().getGeneration())
                ? seen.status().conditions()
                : List.of();
        boolean stalled = find(before, STALLED).isPresent()
                || find(before, RECONCILING)
                        .filter(reconciling -> hasLasted(reconciling, now) && hasLasted(degraded, now))
                        .isPresent();
        Verdict cause =
                blocked ? new Verdict(DEGRADED, true, degraded.getReason(), degraded.getMessage()) : progressing;
        Verdict verdict =
                new Verdict(blocked && stalled ? STALLED : RECONCILING, true, cause.reason(), cause.message());
        return Optional.of(condition(verdict, seen.pool(), before, now));
    }

    private static boolean isTrue(Condition condition) {
        return condition.getStatus().equals("True");
    }

    private static boolean hasLasted(Condition condition, Instant now) {
        return !Instant.parse(condition.getLastTransitionTime())
                .plus(STALLED_AFTER)
                .isAfter(now);
    }

    public static Optional<Condition> find(List<Condition> conditions, String type) {
        return conditions.stream()
                .filter(condition -> condition.getType().equals(type))
                .findFirst();
    }

    /** Returns the same status, changed to say that the operator could not do its work. */
    public static SandboxPoolStatus failed(SandboxPoolStatus before, SandboxPool pool, Exception failure, Instant now) {
        String message = Objects.requireNonNullElse(failure.getMessage(), failure.toString());
        Verdict verdict = new Verdict(DEGRADED, true, "ReconcileFailed", message);
        List<Condition> conditions = Stream.concat(
                        before.conditions().stream()
                                .filter(each -> !each.getType().equals(DEGRADED)),
                        Stream.of(condition(verdict, pool, before.conditions(), now)))
                .toList();
        return before.with(List.of(), conditions);
    }

    private static Verdict ready(ObservedPool seen) {
        int wanted = seen.pool().getSpec().replicas();
        int ready = readyReplicas(seen);
        if (!seen.refused().isEmpty()) {
            return new Verdict(
                    READY,
                    false,
                    OBJECTS_REFUSED,
                    "%d of %d runners are ready; %s".formatted(ready, wanted, refusals(seen)));
        }
        if (wanted == 0) {
            return new Verdict(READY, false, "NoRunners", "spec.replicas is 0: nobody serves");
        }
        if (ready < wanted) {
            return new Verdict(
                    READY,
                    false,
                    "RunnersNotReady",
                    "%d of %d runners are ready%s".formatted(ready, wanted, whyNotReady(seen)));
        }
        List<RunnerStatus> live = seen.liveRunners();
        if (!live.isEmpty() && live.stream().noneMatch(PoolConditions::serves)) {
            return new Verdict(READY, false, "NoWarmSandboxes", "no runner has a warm sandbox" + whyNotReady(seen));
        }
        return new Verdict(READY, true, "PoolReady", "%d of %d runners are ready".formatted(ready, wanted));
    }

    /**
     * Returns whether the runner serves. It does so if its last sandbox is in use and the next one is starting: a new
     * request waits only a moment.
     */
    private static boolean serves(RunnerStatus runner) {
        RunnerStatus.StartFailure failure = runner.startFailure();
        boolean starts = failure == null || !failure.revision().equals(runner.revision());
        return runner.warm() + runner.running() > 0 || (runner.starting() > 0 && starts);
    }

    /** Returns what a person has to inspect next. */
    private static String whyNotReady(ObservedPool seen) {
        return failing(seen)
                .findFirst()
                .map(runner -> "; " + words(runner))
                .or(() -> unavailable(seen).map(message -> "; " + message))
                .orElse("");
    }

    private static Verdict progressing(ObservedPool seen, String revision, Verdict startable) {
        SandboxPoolSpec spec = seen.pool().getSpec();
        if (spec.paused()) {
            return new Verdict(PROGRESSING, false, PAUSED, "spec.paused is true: changes of the spec wait");
        }
        if (!seen.refused().isEmpty()) {
            return new Verdict(PROGRESSING, true, OBJECTS_REFUSED, refusals(seen));
        }
        DeploymentStatus status = seen.deployment().map(Deployment::getStatus).orElseGet(DeploymentStatus::new);
        int replicas = Objects.requireNonNullElse(status.getReplicas(), 0);
        int updated = Objects.requireNonNullElse(status.getUpdatedReplicas(), 0);
        if (isAhead(seen)
                || updated < Math.min(spec.replicas(), replicas)
                || (updated == spec.replicas() && replicas > updated)) {
            return new Verdict(
                    PROGRESSING,
                    true,
                    "RollingRunners",
                    "%d of %d runners are of the newest kind".formatted(updated, spec.replicas()));
        }
        if (replicas != spec.replicas() || readyReplicas(seen) < spec.replicas()) {
            return new Verdict(
                    PROGRESSING, true, "Scaling", "%d of %d runners".formatted(readyReplicas(seen), spec.replicas()));
        }
        List<RunnerStatus> behind = seen.liveRunners().stream()
                .filter(runner -> !revision.equals(runner.revision()) || runner.warm() > runner.warmOfRevision())
                .toList();
        if (behind.isEmpty()) {
            return new Verdict(PROGRESSING, false, "UpToDate", "every runner is as the spec says");
        }
        if (startable.reason().equals("SandboxesStart") || behind.stream().allMatch(r -> r.startFailure() == null)) {
            return new Verdict(
                    PROGRESSING,
                    true,
                    "RollingRevision",
                    "%d runners still have sandboxes of another revision than %s".formatted(behind.size(), revision));
        }
        return new Verdict(
                PROGRESSING,
                false,
                REVISION_HELD,
                "sandboxes of revision %s do not start, sandboxes of the previous revision go on serving"
                        .formatted(behind.stream()
                                .map(RunnerStatus::startFailure)
                                .filter(Objects::nonNull)
                                .map(RunnerStatus.StartFailure::revision)
                                .findFirst()
                                .orElse(revision)));
    }

    /** Returns whether the Deployment was changed and its controller has not observed that yet. */
    private static boolean isAhead(ObservedPool seen) {
        return seen.deployment()
                .map(deployment -> !Objects.equals(
                        deployment.getMetadata().getGeneration(),
                        deployment.getStatus() == null
                                ? null
                                : deployment.getStatus().getObservedGeneration()))
                .orElse(false);
    }

    private static Verdict startable(ObservedPool seen) {
        List<RunnerStatus> failing = failing(seen).toList();
        if (!failing.isEmpty()) {
            RunnerStatus first = failing.getFirst();
            return new Verdict(
                    SANDBOXES_STARTABLE,
                    false,
                    Objects.requireNonNull(first.startFailure()).reason(),
                    failing.stream().map(PoolConditions::words).collect(Collectors.joining("\n")));
        }
        if (seen.liveRunners().isEmpty()) {
            return new Verdict(SANDBOXES_STARTABLE, null, "NoRunnerReports", "no runner has reported yet");
        }
        return new Verdict(SANDBOXES_STARTABLE, true, "SandboxesStart", "sandboxes start");
    }

    private static String refusals(ObservedPool seen) {
        return Refusal.describe(seen.refused());
    }

    private static Verdict degraded(ObservedPool seen, Verdict startable) {
        if (!seen.refused().isEmpty()) {
            return new Verdict(DEGRADED, true, OBJECTS_REFUSED, refusals(seen));
        }
        if (!seen.stuck().isEmpty()) {
            return new Verdict(
                    DEGRADED,
                    true,
                    SANDBOXES_STUCK_TERMINATING,
                    "deleted, but still there: " + String.join(", ", seen.stuck()));
        }
        if (Boolean.FALSE.equals(startable.holds())) {
            return new Verdict(DEGRADED, true, "SandboxesNotStartable", startable.message());
        }
        return unavailable(seen)
                .map(message -> new Verdict(DEGRADED, true, "RunnersUnavailable", message))
                .orElseGet(() -> new Verdict(DEGRADED, false, "AllWell", "nothing is wrong"));
    }

    private static Stream<RunnerStatus> failing(ObservedPool seen) {
        return seen.liveRunners().stream().filter(runner -> runner.startFailure() != null);
    }

    private static String words(RunnerStatus runner) {
        RunnerStatus.StartFailure failure = Objects.requireNonNull(runner.startFailure());
        return runner.name() + ": revision " + failure.revision() + ": " + failure.message();
    }

    /** Returns the revision whose sandboxes do not start, from the first runner that reports one. */
    static Optional<String> failingRevision(ObservedPool seen) {
        return failing(seen)
                .map(RunnerStatus::startFailure)
                .flatMap(Stream::ofNullable)
                .map(RunnerStatus.StartFailure::revision)
                .findFirst();
    }

    /**
     * Returns why runners do not run; or what the Deployment reports, such as pods that a quota or a policy refuses.
     */
    private static Optional<String> unavailable(ObservedPool seen) {
        if (!seen.runnerTroubles().isEmpty()) {
            return Optional.of(String.join("\n", seen.runnerTroubles()));
        }
        List<DeploymentCondition> conditions = seen.deployment()
                .map(Deployment::getStatus)
                .map(DeploymentStatus::getConditions)
                .orElse(List.of());
        return conditions.stream()
                .filter(condition -> (condition.getType().equals("ReplicaFailure")
                                && condition.getStatus().equals("True"))
                        || (condition.getType().equals("Progressing")
                                && condition.getStatus().equals("False")))
                .map(condition -> "runners: " + condition.getReason() + ": " + condition.getMessage())
                .findFirst();
    }

    private static int readyReplicas(ObservedPool seen) {
        return seen.deployment()
                .map(Deployment::getStatus)
                .map(status -> Objects.requireNonNullElse(status.getReadyReplicas(), 0))
                .orElse(0);
    }

    /** Returns the condition. Its time is that of the last change of its status. */
    private static Condition condition(Verdict verdict, SandboxPool pool, List<Condition> observed, Instant now) {
        String status = verdict.holds() == null ? "Unknown" : verdict.holds() ? "True" : "False";
        String since = find(observed, verdict.type())
                .filter(before -> before.getStatus().equals(status))
                .map(Condition::getLastTransitionTime)
                .orElseGet(() -> now.truncatedTo(ChronoUnit.SECONDS).toString());
        String message = verdict.message();
        return new ConditionBuilder()
                .withType(verdict.type())
                .withStatus(status)
                .withReason(verdict.reason())
                .withMessage(
                        message.length() <= LONGEST_MESSAGE ? message : message.substring(0, LONGEST_MESSAGE - 1) + "…")
                .withObservedGeneration(pool.getMetadata().getGeneration())
                .withLastTransitionTime(since)
                .build();
    }
}
