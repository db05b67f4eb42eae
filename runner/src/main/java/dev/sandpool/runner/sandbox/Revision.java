package dev.sandpool.runner.sandbox;

import dev.sandpool.crds.SandboxPoolSpec.Isolation;
import java.util.Optional;

/**
 * What a sandbox is and what a run in it may take. Two of one name are the same: the name is the hash of all that.
 *
 * @param podTemplate empty where sandboxes are no pods
 * @param isolation what puts gVisor around a program
 */
public record Revision(
        String name, SandboxLimits limits, Optional<SandboxPodTemplate> podTemplate, Isolation isolation) {
    /** One whose sandboxes are pods, or processes, of their own. */
    public Revision(String name, SandboxLimits limits, Optional<SandboxPodTemplate> podTemplate) {
        this(name, limits, podTemplate, Isolation.RuntimeClass);
    }

    /** The only one of a runner without a cluster. */
    public static Revision local(SandboxLimits limits) {
        return new Revision("local", limits, Optional.empty());
    }

    /** Whether its pods start a gVisor sandbox for each run. */
    boolean isEmbedded() {
        return isolation == Isolation.Embedded;
    }

    boolean is(Revision other) {
        return name.equals(other.name);
    }
}
