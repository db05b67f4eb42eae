package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.Sandboxes;
import java.time.Duration;

/** A sandbox in the pool. A class and no record, because two of them are never equal. Thread-safe. */
final class PooledSandbox {
    final Sandboxes.WarmSandbox sandbox;

    final Revisions.Tracked tracked;

    /** When it became warm, in the pool's time. */
    final long warmSince;

    final Duration startTook;

    private volatile Use use = new Use("", 0, 0, 0);

    /**
     * The runs that the sandbox has served. Replaced as a whole, by one thread at a time, since only the pool changes it.
     *
     * @param caller the caller of the first run
     * @param firstRun when the first run began
     * @param keptSince when the sandbox was last ready for its caller's next run
     */
    private record Use(String caller, int runs, long firstRun, long keptSince) {}

    PooledSandbox(Sandboxes.WarmSandbox sandbox, Revisions.Tracked tracked, long warmSince, Duration startTook) {
        this.sandbox = sandbox;
        this.tracked = tracked;
        this.warmSince = warmSince;
        this.startTook = startTook;
    }

    String name() {
        return sandbox.name();
    }

    Revision revision() {
        return tracked.revision();
    }

    /** Returns whether each run gets a new sandbox in the same pod. */
    boolean isRenewed() {
        return revision().isEmbedded();
    }

    /** Returns the number of runs that have begun in it. */
    int runs() {
        return use.runs;
    }

    /** Returns whether it has served this caller first. */
    boolean belongsTo(String caller) {
        return use.caller.equals(caller);
    }

    /** Returns the time since the first run began. */
    Duration usedFor(long now) {
        return Duration.ofNanos(now - use.firstRun);
    }

    /** Returns the time since it was last {@linkplain #keptFrom kept}. */
    Duration keptFor(long now) {
        return Duration.ofNanos(now - use.keptSince);
    }

    /** Notes the start of a run. All runs belong to the caller of the first one, unless each run gets a new sandbox. */
    void serves(String caller, long now) {
        Use before = use;
        if (before.runs == 0) {
            use = new Use(caller, 1, now, 0);
        } else if (isRenewed() || before.caller.equals(caller)) {
            use = new Use(before.caller, before.runs + 1, before.firstRun, before.keptSince);
        } else {
            throw new IllegalStateException(name() + " has served another caller");
        }
    }

    /** Notes that it is ready for its caller's next run. */
    void keptFrom(long now) {
        use = new Use(use.caller, use.runs, use.firstRun, now);
    }
}
