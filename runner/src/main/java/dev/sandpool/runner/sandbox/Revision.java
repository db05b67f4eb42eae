package dev.sandpool.runner.sandbox;

/**
 * What a sandbox is and what a run in it may take. Two of one name are the same: the name is the hash of all that. Each kind of sandboxes has
 * revisions of its own.
 */
public interface Revision {
    String name();

    SandboxLimits limits();

    /** Whether its pods start a gVisor sandbox for each run. */
    default boolean isEmbedded() {
        return false;
    }

    /** The only one of a runner without a cluster. */
    static Revision local(SandboxLimits limits) {
        return new LimitsOnly("local", limits);
    }

    default boolean is(Revision other) {
        return name().equals(other.name());
    }

    /** Where there is nothing else to say. */
    record LimitsOnly(String name, SandboxLimits limits) implements Revision {}
}
