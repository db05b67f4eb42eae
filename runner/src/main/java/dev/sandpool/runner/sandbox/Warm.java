package dev.sandpool.runner.sandbox;

/** A sandbox that nobody has claimed yet; an object of its own, so that it is the same only as itself. */
final class Warm {
    final Sandboxes.WarmSandbox sandbox;

    /** In the pool's time. */
    final long since;

    Warm(Sandboxes.WarmSandbox sandbox, long since) {
        this.sandbox = sandbox;
        this.since = since;
    }
}
