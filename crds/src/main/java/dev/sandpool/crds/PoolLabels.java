package dev.sandpool.crds;

/** The labels on sandbox pods. Whoever finds a pod by them still checks its owner: labels can be set by anybody who may write pods. */
public final class PoolLabels {
    /** {@value #MANAGED_BY_SANDPOOL} on every object that Sandpool's programs make. */
    public static final String MANAGED_BY = "app.kubernetes.io/managed-by";

    public static final String MANAGED_BY_SANDPOOL = "sandpool";

    /** What the pod is for; written by the runner. */
    public static final String ROLE = "sandpool.dev/role";

    public static final String ROLE_SANDBOX = "sandbox";

    /** The pool that the pod belongs to; from the pod template. */
    public static final String POOL = "sandpool.dev/pool";

    /** The name of the runner pod that made it; written by the runner. */
    public static final String RUNNER = "sandpool.dev/runner";

    /** Random, new at every start of a runner: tells a sandbox of this life from one that an earlier life left. */
    public static final String RUNNER_LIFE = "sandpool.dev/runner-life";

    private PoolLabels() {}
}
