package dev.sandpool.runner.sandbox;

/**
 * One run, as its sandbox is to carry it out.
 *
 * @param limits what it gets, the request's own wishes included
 * @param deadline of the whole of it, from the claim on
 * @param reuse whether the sandbox is to greet again after it
 */
record RunOrder(RunRequest request, SandboxLimits limits, Deadline deadline, boolean reuse) {}
