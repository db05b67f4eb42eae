package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.SandboxLimits;

/**
 * A revision whose sandboxes are pods.
 *
 * @param template what each of them is a copy of
 */
record PodRevision(String name, SandboxLimits limits, SandboxPodTemplate template) implements Revision {}
