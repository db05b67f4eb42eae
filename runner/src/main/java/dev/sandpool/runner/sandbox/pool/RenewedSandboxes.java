package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.crds.Durations;
import dev.sandpool.crds.EmbeddedSpec;
import dev.sandpool.runner.sandbox.Timer;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The pods of an embedded gVisor that are to come back from a run with a new sandbox in them, which anybody may have: those that run, and
 * those whose next sandbox has yet to greet. Guarded by the pool's lock.
 */
final class RenewedSandboxes {
    private final Timer timer;
    private final Set<Warm> lent = new HashSet<>();
    private final Set<Warm> comingBack = new HashSet<>();
    private int maxRuns = 1;
    private Duration maxAge = Duration.ZERO;

    RenewedSandboxes(Timer timer) {
        this.timer = timer;
    }

    void aim(EmbeddedSpec embedded) {
        maxRuns = embedded.maxRuns();
        maxAge = Durations.parse(embedded.maxAge());
    }

    /** It begins a run; true if it is to come back from it. */
    boolean lend(Warm warm, Optional<String> current) {
        return mayServe(warm, current) && lent.add(warm);
    }

    private boolean mayServe(Warm warm, Optional<String> current) {
        return warm.isRenewed()
                && !isWorn(warm)
                && current.equals(Optional.of(warm.line.revision().name()));
    }

    /** Its run is over. */
    void comesBack(Warm warm) {
        lent.remove(warm);
        comingBack.add(warm);
    }

    /** The next one in it has greeted; true if that may serve. */
    boolean isBack(Warm warm, Optional<String> current) {
        comingBack.remove(warm);
        return mayServe(warm, current);
    }

    void forget(Warm warm) {
        lent.remove(warm);
        comingBack.remove(warm);
    }

    boolean isHeld(Warm warm) {
        return lent.contains(warm) || comingBack.contains(warm);
    }

    /** Those that are warm soon without anybody's doing. */
    int returning(Optional<String> current) {
        return (int) lent.stream()
                        .filter(warm ->
                                current.equals(Optional.of(warm.line.revision().name())))
                        .count()
                + comingBack.size();
    }

    int comingBack() {
        return comingBack.size();
    }

    /** Whether it has served as much as a pod may, and is to be replaced. */
    boolean isWorn(Warm warm) {
        return warm.isRenewed()
                && warm.runs > 0
                && (warm.runs >= maxRuns || timer.nanoTime() - warm.firstRun >= maxAge.toNanos());
    }

    /** How long until it is worn by its age alone; empty if nothing but runs wears it. */
    Optional<Duration> timeLeft(Warm warm) {
        return warm.isRenewed() && warm.runs > 0 && !isWorn(warm)
                ? Optional.of(maxAge.minusNanos(timer.nanoTime() - warm.firstRun))
                : Optional.empty();
    }
}
