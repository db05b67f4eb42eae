package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.crds.SandboxPoolSpec.Isolation;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.SandboxLimits;

/**
 * A revision whose sandboxes are pods.
 *
 * @param template the template that each pod is a copy of
 * @param isolation what runs gVisor around a program
 */
record PodRevision(String name, SandboxLimits limits, SandboxPodTemplate template, Isolation isolation)
        implements Revision {
    @Override
    public boolean isEmbedded() {
        return isolation == Isolation.Embedded;
    }
}
