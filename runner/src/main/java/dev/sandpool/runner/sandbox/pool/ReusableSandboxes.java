package dev.sandpool.runner.sandbox.pool;

import static java.util.Objects.requireNonNullElseGet;

import dev.sandpool.crds.Durations;
import dev.sandpool.crds.EmbeddedSpec;
import dev.sandpool.crds.PoolRules;
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
 * The sandboxes that serve again after a run. There are two kinds. A sandbox of a pool with {@code reuse} serves only
 * the caller of its first run, and is kept for that caller. A pod with an embedded gVisor is renewed: it gets a new
 * sandbox, which any caller may use, so it becomes idle. Not thread-safe.
 */
final class ReusableSandboxes {
    // Each holds the memory of a warm sandbox for one caller only. A caller that has left must not hold it for long.
    static final Duration LONGEST_IDLE = Duration.ofSeconds(30);

    private final Timer timer;
    private final Set<PooledSandbox> running = new HashSet<>();
    private final Set<PooledSandbox> greeting = new HashSet<>();
    private final List<PooledSandbox> kept = new ArrayList<>(); // in the order in which they came back
    private final Map<String, Integer> awaited = new HashMap<>();
    private Lifetime keptLifetime = new Lifetime(1, Duration.ZERO);
    private Lifetime renewedLifetime = new Lifetime(1, Duration.ZERO);

    /** How many runs a sandbox or pod serves, and how long after the first one. */
    private record Lifetime(int maxRuns, Duration maxAge) {
        static Lifetime of(ReuseSpec reuse) {
            return new Lifetime(reuse.maxRuns(), Durations.parse(reuse.maxAge()));
        }

        static Lifetime of(EmbeddedSpec embedded) {
            return new Lifetime(embedded.maxRuns(), Durations.parse(embedded.maxAge()));
        }
    }

    ReusableSandboxes(Timer timer) {
        this.timer = timer;
    }

    void apply(PoolRules rules) {
        keptLifetime = Lifetime.of(rules.reuse());
        renewedLifetime = Lifetime.of(requireNonNullElseGet(rules.embedded(), EmbeddedSpec::defaults));
    }

    // ---- a run, and what comes after it

    /** Notes the start of a run. Returns whether the sandbox is to serve again after it. */
    boolean begin(PooledSandbox sandbox, Optional<String> current) {
        return mayServe(sandbox, current) && running.add(sandbox);
    }

    /** Notes that the run is over and that the sandbox is to greet again. */
    void awaitGreeting(PooledSandbox sandbox) {
        running.remove(sandbox);
        greeting.add(sandbox);
    }

    /** Notes that a sandbox has greeted again and is kept for its caller. */
    void keep(PooledSandbox sandbox) {
        greeting.remove(sandbox);
        sandbox.keptFrom(timer.nanoTime());
        kept.add(sandbox);
    }

    /** Notes that the next sandbox in a pod has greeted. Returns whether it may serve. */
    boolean renew(PooledSandbox sandbox, Optional<String> current) {
        greeting.remove(sandbox);
        return mayServe(sandbox, current);
    }

    private boolean mayServe(PooledSandbox sandbox, Optional<String> current) {
        return !isWorn(sandbox) && isOf(current, sandbox);
    }

    private static boolean isOf(Optional<String> current, PooledSandbox sandbox) {
        return current.equals(Optional.of(sandbox.revision().name()));
    }

    /** Returns whether the sandbox or pod has served for as many runs or as long as it may. */
    boolean isWorn(PooledSandbox sandbox) {
        return sandbox.runs() > 0
                && (sandbox.runs() >= lifetime(sandbox).maxRuns
                        || !ageLeft(sandbox).isPositive());
    }

    /** Returns the time until the age alone makes a sandbox worn; empty if it does not. */
    Optional<Duration> untilWorn(PooledSandbox sandbox) {
        return sandbox.runs() > 0 && !isWorn(sandbox) ? Optional.of(ageLeft(sandbox)) : Optional.empty();
    }

    private Duration ageLeft(PooledSandbox sandbox) {
        return lifetime(sandbox).maxAge.minus(sandbox.usedFor(timer.nanoTime()));
    }

    private Lifetime lifetime(PooledSandbox sandbox) {
        return sandbox.isRenewed() ? renewedLifetime : keptLifetime;
    }

    /** Forgets the sandbox. Returns whether it was kept for a caller. */
    boolean forget(PooledSandbox sandbox) {
        running.remove(sandbox);
        greeting.remove(sandbox);
        return kept.remove(sandbox);
    }

    boolean contains(PooledSandbox sandbox) {
        return running.contains(sandbox) || greeting.contains(sandbox) || kept.contains(sandbox);
    }

    // ---- the claims of a caller

    /** Removes and returns the caller's sandbox that came back last, so that those it does not need expire. */
    Optional<PooledSandbox> take(String caller) {
        for (int i = kept.size() - 1; i >= 0; i--) {
            if (kept.get(i).belongsTo(caller)) {
                return Optional.of(kept.remove(i));
            }
        }
        return Optional.empty();
    }

    /** Returns whether a sandbox of the caller is about to come back for which no claim waits yet. */
    boolean isExpected(String caller) {
        return expected(caller) > awaited.getOrDefault(caller, 0);
    }

    /**
     * Returns whether no sandbox of the caller is back, but one is about to come back for each of its waiting claims.
     */
    boolean isExpectedByAll(String caller) {
        return kept.stream().noneMatch(sandbox -> sandbox.belongsTo(caller))
                && expected(caller) >= awaited.getOrDefault(caller, 0);
    }

    private long expected(String caller) {
        return greeting.stream()
                .filter(sandbox -> !sandbox.isRenewed() && sandbox.belongsTo(caller))
                .count();
    }

    void beginsToWait(String caller) {
        awaited.merge(caller, 1, Integer::sum);
    }

    void endsToWait(String caller) {
        awaited.computeIfPresent(caller, (key, count) -> count == 1 ? null : count - 1);
    }

    // ---- how many there are

    /** Returns whether the sandbox is kept for its caller's next run. */
    boolean isKept(PooledSandbox sandbox) {
        return kept.contains(sandbox);
    }

    int kept() {
        return kept.size();
    }

    /** Returns the number of sandboxes that have ended a run and not greeted yet. */
    int greeting() {
        return greeting.size();
    }

    /** Returns the number of pods whose next sandbox has not greeted yet. */
    int renewing() {
        return (int) greeting.stream().filter(PooledSandbox::isRenewed).count();
    }

    /** Returns the number of pods in a run or after one that become idle by themselves. */
    int returning(Optional<String> current) {
        return renewing()
                + (int) running.stream()
                        .filter(sandbox -> sandbox.isRenewed() && isOf(current, sandbox))
                        .count();
    }

    // ---- the end

    /**
     * Removes and returns the kept sandboxes to give up so that there are at most {@code max}: first those that may not
     * serve again, then those that have waited longest.
     */
    List<PooledSandbox> takeSurplus(Optional<String> current, int max) {
        List<PooledSandbox> surplus = new ArrayList<>();
        for (PooledSandbox sandbox : kept) {
            if (!mayServe(sandbox, current) || !keptLeft(sandbox).isPositive()) {
                surplus.add(sandbox);
            }
        }
        kept.removeAll(surplus);
        while (kept.size() > max) {
            surplus.add(kept.removeFirst());
        }
        return surplus;
    }

    /** Returns the time until the next kept sandbox has to be given up; empty if there is none. */
    Optional<Duration> untilNextExpires() {
        return kept.stream().map(this::keptLeft).min(Duration::compareTo);
    }

    private Duration keptLeft(PooledSandbox sandbox) {
        Duration idle = LONGEST_IDLE.minus(sandbox.keptFor(timer.nanoTime()));
        Duration age = ageLeft(sandbox);
        return idle.compareTo(age) < 0 ? idle : age;
    }

    List<PooledSandbox> takeAllKept() {
        List<PooledSandbox> all = new ArrayList<>(kept);
        kept.clear();
        return all;
    }
}
