package dev.sandpool.crds;

/** The names of what belongs to a pool. All of it is in the pool's namespace. */
public final class PoolNames {
    /** So that the longest derived name, a sandbox pod's, is still a label's value of 63 characters. */
    public static final int LONGEST_POOL_NAME = 40;

    /** What the API server accepts: as a Service's name, which is a stricter one than that of other objects. */
    static final String POOL_NAME = "^[a-z]([-a-z0-9]*[a-z0-9])?$";

    /** The names of other objects, as Kubernetes has them. */
    static final String OBJECT_NAME = "^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$";

    /** The same, or none. */
    static final String OBJECT_NAME_OR_NONE = "^([a-z0-9]([-.a-z0-9]*[a-z0-9])?)?$";

    /** The end of the names of the runners' service accounts; the admission policy knows them by it. */
    public static final String RUNNER_ACCOUNT_SUFFIX = "-sandpool-runner";

    /** How many letters or digits follow {@link #sandboxPrefix(String, String)}; with a hyphen, names of two pools could be the same. */
    public static final int SANDBOX_LETTERS = 8;

    private static final int RUNNER_LETTERS = 5;

    private PoolNames() {}

    /** The Deployment of the runners. */
    public static String runners(String pool) {
        return pool + "-runner";
    }

    /** The Service in front of the runners: the pool's own name. */
    public static String service(String pool) {
        return pool;
    }

    /** The ServiceAccount of the runners, and their Role and RoleBinding. */
    public static String runnerAccount(String pool) {
        return pool + RUNNER_ACCOUNT_SUFFIX;
    }

    /** The ServiceAccount of the sandboxes, which may do nothing. */
    public static String sandboxAccount(String pool) {
        return pool + "-sandbox";
    }

    /** The ConfigMap with {@link RunnerSettings}. */
    public static String settings(String pool) {
        return pool + "-runner";
    }

    /** The PodTemplate of a revision. */
    public static String podTemplate(String pool, String revision) {
        return pool + "-" + revision;
    }

    /** What the names of a pool's sandbox pods begin with. */
    public static String sandboxPrefix(String pool) {
        return pool + "-sandbox-";
    }

    /**
     * What the names of one runner's sandbox pods begin with. The five last letters of a runner's pod are its own; the admission policy on
     * attaching sees names alone.
     */
    public static String sandboxPrefix(String pool, String runner) {
        return sandboxPrefix(pool) + runner.substring(Math.max(0, runner.length() - RUNNER_LETTERS)) + "-";
    }
}
