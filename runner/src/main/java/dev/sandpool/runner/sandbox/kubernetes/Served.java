package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.crds.RunCounts;

/** What the HTTP half adds to a runner's status. */
public record Served(int queued, RunCounts runs) {}
