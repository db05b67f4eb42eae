package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.Sandboxes;
import java.time.Duration;

/** A sandbox in the pool's care; an object of its own, so that it is the same only as itself. */
final class Warm {
    final Sandboxes.WarmSandbox sandbox;

    final Revisions.Line line;

    /** In the pool's time. */
    final long since;

    final Duration startTook;

    // Of one that stays after a run. Guarded by the pool's lock.
    String caller = "";
    int runs;
    long firstRun;
    long keptSince;

    Warm(Sandboxes.WarmSandbox sandbox, Revisions.Line line, long since, Duration startTook) {
        this.sandbox = sandbox;
        this.line = line;
        this.since = since;
        this.startTook = startTook;
    }

    /** Whether there is a new sandbox in it for each run. */
    boolean isRenewed() {
        return line.revision().isEmbedded();
    }

    /** A run begins. Whoever had the first one has all of them, unless each has a new sandbox. */
    void serves(String itsCaller, long now) {
        if (runs == 0) {
            caller = itsCaller;
            firstRun = now;
        } else if (!isRenewed() && !caller.equals(itsCaller)) {
            throw new IllegalStateException(sandbox.name() + " has served another caller");
        }
        runs++;
    }
}
