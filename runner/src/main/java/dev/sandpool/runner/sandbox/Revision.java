package dev.sandpool.runner.sandbox;

/**
 * The description of a sandbox and the limits of a run in it. The name is a hash of both, so revisions with the same
 * name are the same. Each kind of {@link Sandboxes} has its own type of revision.
 */
public interface Revision {
    String name();

    SandboxLimits limits();

    /** Returns whether its pods start a gVisor sandbox for each run. */
    default boolean isEmbedded() {
        return false;
    }

    /** Returns the only revision of a runner without a cluster. */
    static Revision local(SandboxLimits limits) {
        return new LimitsOnly("local", limits);
    }

    default boolean is(Revision other) {
        return name().equals(other.name());
    }

    /** A revision that consists of limits only. */
    record LimitsOnly(String name, SandboxLimits limits) implements Revision {}
}
