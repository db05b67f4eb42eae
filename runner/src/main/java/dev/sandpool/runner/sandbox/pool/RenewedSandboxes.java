package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.crds.Durations;
import dev.sandpool.crds.EmbeddedSpec;
import dev.sandpool.runner.sandbox.Timer;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The pods of an embedded gVisor that get a new sandbox after each run, which any caller may use. It holds those in a
 * run, and those whose next sandbox has not greeted yet. Guarded by the pool's lock.
 */
final class RenewedSandboxes {
    private final Timer timer;
    private final Set<PooledSandbox> lent = new HashSet<>();
    private final Set<PooledSandbox> comingBack = new HashSet<>();
    private int maxRuns = 1;
    private Duration maxAge = Duration.ZERO;

    RenewedSandboxes(Timer timer) {
        this.timer = timer;
    }

    void apply(EmbeddedSpec embedded) {
        maxRuns = embedded.maxRuns();
        maxAge = Durations.parse(embedded.maxAge());
    }

    /** Notes the start of a run. Returns whether the pod is to come back after it. */
    boolean lend(PooledSandbox warm, Optional<String> current) {
        return mayServe(warm, current) && lent.add(warm);
    }

    private boolean mayServe(PooledSandbox warm, Optional<String> current) {
        return warm.isRenewed()
                && !isWorn(warm)
                && current.equals(Optional.of(warm.line.revision().name()));
    }

    /** Notes that the run is over. */
    void comesBack(PooledSandbox warm) {
        lent.remove(warm);
        comingBack.add(warm);
    }

    /** Notes that the next sandbox in the pod has greeted. Returns whether it may serve. */
    boolean isBack(PooledSandbox warm, Optional<String> current) {
        comingBack.remove(warm);
        return mayServe(warm, current);
    }

    void forget(PooledSandbox warm) {
        lent.remove(warm);
        comingBack.remove(warm);
    }

    boolean isHeld(PooledSandbox warm) {
        return lent.contains(warm) || comingBack.contains(warm);
    }

    /** Returns the number of pods that become warm by themselves. */
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

    /** Returns whether the pod has served for as many runs or as long as it may, and is to be replaced. */
    boolean isWorn(PooledSandbox warm) {
        return warm.isRenewed()
                && warm.runs > 0
                && (warm.runs >= maxRuns || timer.nanoTime() - warm.firstRun >= maxAge.toNanos());
    }

    /** Returns the time until the pod's age alone makes it worn; empty if age does not. */
    Optional<Duration> timeLeft(PooledSandbox warm) {
        return warm.isRenewed() && warm.runs > 0 && !isWorn(warm)
                ? Optional.of(maxAge.minusNanos(timer.nanoTime() - warm.firstRun))
                : Optional.empty();
    }
}
