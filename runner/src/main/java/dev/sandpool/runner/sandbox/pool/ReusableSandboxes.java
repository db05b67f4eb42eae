package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.crds.Durations;
import dev.sandpool.crds.ReuseSpec;
import dev.sandpool.runner.sandbox.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The sandboxes that may serve the same caller again, but never another one. There are three kinds: those that wait,
 * those that prove after a run that they are clean, and those in a run from which they will come back. Guarded by the
 * pool's lock.
 */
final class ReusableSandboxes {
    // Each holds the memory of a warm sandbox for one caller only. A caller that has left must not hold it for long.
    static final Duration LONGEST_IDLE = Duration.ofSeconds(30);

    private final Timer timer;
    private final Requeue requeue;
    private final Set<PooledSandbox> lent = new HashSet<>();
    private final Set<PooledSandbox> comingBack = new HashSet<>();
    private final List<PooledSandbox> waiting = new ArrayList<>(); // in the order in which they came back
    private final Map<String, Integer> awaited = new HashMap<>();
    private int maxRuns = 1;
    private Duration maxAge = Duration.ZERO;

    /** @param later reconciles the pool; it takes the lock */
    ReusableSandboxes(Timer timer, Runnable later) {
        this.timer = timer;
        this.requeue = new Requeue(timer, later);
    }

    void apply(ReuseSpec reuse) {
        maxRuns = reuse.maxRuns();
        maxAge = Durations.parse(reuse.maxAge());
    }

    /** Removes and returns the caller's sandbox that came back last, so that those it does not need expire. */
    Optional<PooledSandbox> take(String caller) {
        for (int i = waiting.size() - 1; i >= 0; i--) {
            if (waiting.get(i).caller.equals(caller)) {
                return Optional.of(waiting.remove(i));
            }
        }
        return Optional.empty();
    }

    /** Returns whether a sandbox of the caller is about to come back for which no claim waits yet. */
    boolean isExpected(String caller) {
        return comingBack(caller) > awaited.getOrDefault(caller, 0);
    }

    /**
     * Returns whether no sandbox of the caller is back, but one is about to come back for each of its waiting claims.
     */
    boolean isExpectedByAll(String caller) {
        return waiting.stream().noneMatch(warm -> warm.caller.equals(caller))
                && comingBack(caller) >= awaited.getOrDefault(caller, 0);
    }

    private long comingBack(String caller) {
        return comingBack.stream().filter(warm -> warm.caller.equals(caller)).count();
    }

    void beginsToWait(String caller) {
        awaited.merge(caller, 1, Integer::sum);
    }

    void endsToWait(String caller) {
        awaited.computeIfPresent(caller, (key, count) -> count == 1 ? null : count - 1);
    }

    /** Notes the start of a run. Returns whether the sandbox is to come back after it. */
    boolean lend(PooledSandbox warm, Optional<String> current) {
        return mayServe(warm, current) && lent.add(warm);
    }

    private boolean mayServe(PooledSandbox warm, Optional<String> current) {
        return !warm.isRenewed()
                && warm.runs < maxRuns
                && timer.nanoTime() - warm.firstRun < maxAge.toNanos()
                && current.equals(Optional.of(warm.line.revision().name()));
    }

    /** Notes that the run is over and the sandbox is getting ready again. */
    void comesBack(PooledSandbox warm) {
        lent.remove(warm);
        comingBack.add(warm);
    }

    void isBack(PooledSandbox warm) {
        comingBack.remove(warm);
        warm.keptSince = timer.nanoTime();
        waiting.add(warm);
    }

    /** Forgets the sandbox. Returns whether it was waiting. */
    boolean forget(PooledSandbox warm) {
        lent.remove(warm);
        comingBack.remove(warm);
        return waiting.remove(warm);
    }

    boolean isHeld(PooledSandbox warm) {
        return lent.contains(warm) || comingBack.contains(warm) || waiting.contains(warm);
    }

    boolean isWaiting(PooledSandbox warm) {
        return waiting.contains(warm);
    }

    int waiting() {
        return waiting.size();
    }

    int comingBack() {
        return comingBack.size();
    }

    /**
     * Removes and returns the sandboxes to give up so that at most {@code most} are kept: first those that may not
     * serve again, then those that have waited longest.
     */
    List<PooledSandbox> takeSurplus(Optional<String> current, int most) {
        List<PooledSandbox> surplus = new ArrayList<>();
        for (PooledSandbox warm : waiting) {
            if (!mayServe(warm, current) || !left(warm).isPositive()) {
                surplus.add(warm);
            }
        }
        waiting.removeAll(surplus);
        while (waiting.size() > most) {
            surplus.add(waiting.removeFirst());
        }
        waiting.stream().map(this::left).min(Duration::compareTo).ifPresent(requeue::after);
        return surplus;
    }

    private Duration left(PooledSandbox warm) {
        long now = timer.nanoTime();
        Duration idle = LONGEST_IDLE.minusNanos(now - warm.keptSince);
        Duration age = maxAge.minusNanos(now - warm.firstRun);
        return idle.compareTo(age) < 0 ? idle : age;
    }

    List<PooledSandbox> takeAll() {
        List<PooledSandbox> all = new ArrayList<>(waiting);
        waiting.clear();
        return all;
    }
}
