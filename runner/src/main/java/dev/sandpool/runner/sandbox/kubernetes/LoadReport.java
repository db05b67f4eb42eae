package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.crds.RunCounts;

/** The counters that the HTTP side adds to a runner's status. */
public record LoadReport(int queued, RunCounts runs) {}
