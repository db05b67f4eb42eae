package dev.sandpool.runner.sandbox;

/** Whether others serve in the place of a runner that leaves. */
public enum Succession {
    /** Nobody will, or nobody is to: a runner without a cluster, a pool that was deleted or has no replicas. */
    NONE,
    /** Another runner is to come, and is not ready yet. */
    AWAITED,
    /** Another runner of the pool is ready. */
    READY
}
