package dev.sandpool.runner.sandbox;

/** Whether other runners serve in place of a runner that shuts down. */
public enum Succession {
    /** No runner follows: a runner without a cluster, or a pool that was deleted or has no replicas. */
    NONE,
    /** Another runner is expected, and is not ready yet. */
    AWAITED,
    /** Another runner of the pool is ready. */
    READY
}
