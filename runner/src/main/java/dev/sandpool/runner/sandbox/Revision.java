package dev.sandpool.runner.sandbox;

import java.util.Optional;

/**
 * What a sandbox is and what a run in it may take. Two of one name are the same: the name is the hash of all that.
 *
 * @param podTemplate empty where sandboxes are no pods
 */
public record Revision(String name, SandboxLimits limits, Optional<SandboxPodTemplate> podTemplate) {
    /** The only one of a runner without a cluster. */
    public static Revision local(SandboxLimits limits) {
        return new Revision("local", limits, Optional.empty());
    }

    boolean is(Revision other) {
        return name.equals(other.name);
    }
}
