package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Start;
import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.RunRequest;
import dev.sandpool.runner.sandbox.SandboxLimits;

/**
 * One run, as its sandbox is to carry it out.
 *
 * @param limits what it gets, the request's own wishes included
 * @param deadline of the whole of it, from the claim on
 * @param flags whether the sandbox is to greet again after it, and whether it may compress output
 */
record RunOrder(RunRequest request, SandboxLimits limits, Deadline deadline, Start.Flags flags) {}
