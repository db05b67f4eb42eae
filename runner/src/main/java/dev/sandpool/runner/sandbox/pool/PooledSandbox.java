package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.Sandboxes;
import java.time.Duration;

/** A sandbox in the pool. A class and no record, because two of them are never equal. */
final class PooledSandbox {
    final Sandboxes.WarmSandbox sandbox;

    final Revisions.Line line;

    /** When it became warm, in the pool's time. */
    final long since;

    final Duration startTook;

    // For sandboxes that stay after a run. Guarded by the pool's lock.
    String caller = "";
    int runs;
    long firstRun;
    long keptSince;

    PooledSandbox(Sandboxes.WarmSandbox sandbox, Revisions.Line line, long since, Duration startTook) {
        this.sandbox = sandbox;
        this.line = line;
        this.since = since;
        this.startTook = startTook;
    }

    /** Returns whether each run gets a new sandbox in the same pod. */
    boolean isRenewed() {
        return line.revision().isEmbedded();
    }

    /** Notes the start of a run. All runs belong to the caller of the first one, unless each run gets a new sandbox. */
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
