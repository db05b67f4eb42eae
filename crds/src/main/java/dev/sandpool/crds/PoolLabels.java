package dev.sandpool.crds;

/**
 * The labels on what belongs to a pool. The operator writes them, on sandbox pods the runner that made the pod, and nobody changes them. Whoever
 * finds a pod by them still looks at its owner: anybody who may write pods may write labels.
 */
public final class PoolLabels {
    /** {@code sandpool} on all that Sandpool makes. */
    public static final String MANAGED_BY = "app.kubernetes.io/managed-by";

    public static final String MANAGED_BY_SANDPOOL = "sandpool";

    /** {@code sandbox}: one of the pods that run programs. Policies select by it. */
    public static final String ROLE = "sandpool.dev/role";

    public static final String ROLE_SANDBOX = "sandbox";

    /** {@code runner}: one of the pods that serve requests and own sandboxes. */
    public static final String ROLE_RUNNER = "runner";

    /** The pool's name, on everything that belongs to a pool. */
    public static final String POOL = "sandpool.dev/pool";

    /** The revision that a sandbox or a PodTemplate is of. */
    public static final String REVISION = "sandpool.dev/revision";

    /** The pod name of the runner that made it, so that this runner finds it again after a restart. */
    public static final String RUNNER = "sandpool.dev/runner";

    /** A random name of the runner's process: a pod of an earlier life has lost the stream that it served, for good. */
    public static final String RUNNER_LIFE = "sandpool.dev/runner-life";

    private static final int MAX_VALUE = 63;

    private PoolLabels() {}

    /** A name as a label's value: pod names may be four times as long. What is cut off comes back as a hash. */
    public static String value(String name) {
        if (name.length() <= MAX_VALUE) {
            return name;
        }
        String hash = Integer.toHexString(name.hashCode());
        return name.substring(0, MAX_VALUE - 1 - hash.length()) + "-" + hash;
    }
}
