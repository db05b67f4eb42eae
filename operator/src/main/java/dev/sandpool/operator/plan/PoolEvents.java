package dev.sandpool.operator.plan;

import dev.sandpool.crds.SandboxPoolStatus;
import dev.sandpool.operator.cluster.PoolEvent;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Derives the events of a pool from the difference between its last status and its next one. */
final class PoolEvents {
    private PoolEvents() {}

    static List<PoolEvent> of(ObservedPool seen, SandboxPoolStatus next) {
        SandboxPoolStatus before = seen.status();
        List<PoolEvent> events = new ArrayList<>();
        int replicas = seen.pool().getSpec().replicas();
        if (before.observedGeneration() == null && !seen.pool().getSpec().paused()) {
            events.add(PoolEvent.normal(
                    "Created",
                    "Create",
                    "Creating %s with sandboxes of revision %s (image %s)"
                            .formatted(
                                    runners(replicas),
                                    next.revision(),
                                    seen.pool().getSpec().image())));
        } else if (before.observedGeneration() != null) {
            rolling(before, next, seen.pool().getSpec().image()).ifPresent(events::add);
        }
        if (next.stableRevision() != null
                && !next.stableRevision().equals(before.stableRevision())
                && before.stableRevision() != null) {
            events.add(PoolEvent.normal(
                    "RevisionRolled", "Roll", "Every runner has taken up revision " + next.stableRevision()));
        }
        refused(before, next).ifPresent(events::add);
        startable(before, next).ifPresent(events::add);
        paused(before, next).ifPresent(events::add);
        return events;
    }

    /**
     * Returns the event for a changed number of runners. It is recorded when the Deployment has been applied, and not
     * while that is refused.
     */
    static Optional<PoolEvent> scaling(ObservedPool seen) {
        int wanted = seen.pool().getSpec().replicas();
        return seen.deployment()
                .map(Deployment::getSpec)
                .map(spec -> Objects.requireNonNullElse(spec.getReplicas(), 1))
                .filter(now -> now != wanted
                        && seen.status().observedGeneration() != null
                        && !seen.pool().getSpec().paused())
                .map(now -> PoolEvent.normal("Scaled", "Scale", "From %d to %s".formatted(now, runners(wanted))));
    }

    private static String runners(int count) {
        return count == 1 ? "1 runner" : count + " runners";
    }

    private static Optional<PoolEvent> rolling(SandboxPoolStatus before, SandboxPoolStatus next, String image) {
        if (before.revision() == null || before.revision().equals(next.revision())) {
            return Optional.empty();
        }
        return Optional.of(PoolEvent.normal(
                "RevisionChanged",
                "Roll",
                "Sandboxes change from revision %s to %s (image %s)"
                        .formatted(before.revision(), next.revision(), image)));
    }

    /** Returns an event once for each set of objects and reasons, not for each try. */
    private static Optional<PoolEvent> refused(SandboxPoolStatus before, SandboxPoolStatus next) {
        return refusals(next)
                .filter(message -> !refusals(before).equals(Optional.of(message)))
                .map(message -> PoolEvent.warning(PoolConditions.OBJECTS_REFUSED, "Apply", message));
    }

    private static Optional<String> refusals(SandboxPoolStatus status) {
        return PoolConditions.find(status.conditions(), PoolConditions.DEGRADED)
                .filter(condition -> condition.getReason().equals(PoolConditions.OBJECTS_REFUSED))
                .map(Condition::getMessage);
    }

    /** Returns an event once for each reason, not for each try. */
    private static Optional<PoolEvent> startable(SandboxPoolStatus before, SandboxPoolStatus next) {
        Optional<Condition> was = PoolConditions.find(before.conditions(), PoolConditions.SANDBOXES_STARTABLE);
        Condition is = PoolConditions.find(next.conditions(), PoolConditions.SANDBOXES_STARTABLE)
                .orElseThrow();
        boolean same = was.map(condition -> condition.getStatus().equals(is.getStatus())
                        && condition.getReason().equals(is.getReason())
                        && Objects.equals(before.failingRevision(), next.failingRevision()))
                .orElse(false);
        if (!same && is.getStatus().equals("False")) {
            return Optional.of(
                    PoolEvent.warning("SandboxesNotStartable", "Start", is.getReason() + ": " + is.getMessage()));
        }
        if (!same
                && is.getStatus().equals("True")
                && was.filter(condition -> condition.getStatus().equals("False"))
                        .isPresent()) {
            return Optional.of(PoolEvent.normal("SandboxesStartable", "Start", "Sandboxes start again"));
        }
        return Optional.empty();
    }

    private static Optional<PoolEvent> paused(SandboxPoolStatus before, SandboxPoolStatus next) {
        boolean was = isPaused(before);
        boolean is = isPaused(next);
        if (was == is) {
            return Optional.empty();
        }
        return Optional.of(
                is
                        ? PoolEvent.normal("Paused", "Pause", "The pool's objects are left as they are")
                        : PoolEvent.normal("Resumed", "Resume", "The pool's objects follow its spec again"));
    }

    private static boolean isPaused(SandboxPoolStatus status) {
        return PoolConditions.find(status.conditions(), PoolConditions.PROGRESSING)
                .filter(condition -> condition.getReason().equals(PoolConditions.PAUSED))
                .isPresent();
    }
}
