package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Start;
import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.RunRequest;
import dev.sandpool.runner.sandbox.SandboxLimits;

/**
 * One run as its sandbox has to execute it.
 *
 * @param limits the limits of the run, with those of the request applied
 * @param deadline the deadline of the whole run, counted from {@code Sandbox.run}
 * @param flags whether the sandbox is to greet again after the run, and whether it may compress output
 */
record RunParameters(RunRequest request, SandboxLimits limits, Deadline deadline, Start.Flags flags) {}
