package dev.sandpool.runner.sandbox;

/** A sandbox that nobody has claimed yet; an object of its own, so that it is the same only as itself. */
final class Warm {
    final Sandboxes.WarmSandbox sandbox;

    final Revisions.Line line;

    /** In the pool's time. */
    final long since;

    Warm(Sandboxes.WarmSandbox sandbox, Revisions.Line line, long since) {
        this.sandbox = sandbox;
        this.line = line;
        this.since = since;
    }
}
