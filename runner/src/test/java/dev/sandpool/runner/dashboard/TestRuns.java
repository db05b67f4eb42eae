package dev.sandpool.runner.dashboard;

import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.RunEnding.Outcome;
import dev.sandpool.runner.run.RunPhases;
import dev.sandpool.runner.run.RunPhases.Phase;
import dev.sandpool.runner.sandbox.RunResult;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/** Runs that are over. */
final class TestRuns {
    private TestRuns() {}

    static CompletedRun exited(String id) {
        return run(id, Outcome.EXITED, OptionalInt.of(3), OptionalInt.empty(), queued());
    }

    static CompletedRun signalled(String id) {
        return run(id, Outcome.SIGNALLED, OptionalInt.empty(), OptionalInt.of(11), queued());
    }

    /** One that never got into the queue, let alone a sandbox. */
    static CompletedRun overloaded(String id) {
        var run = run(id, Outcome.OVERLOADED, OptionalInt.empty(), OptionalInt.empty(), new RunPhases());
        return new CompletedRun(
                id,
                run.api(),
                run.caller(),
                run.traceParent(),
                run.begun(),
                run.phases(),
                run.outcome(),
                run.exitCode(),
                run.signal(),
                Optional.empty(),
                RunResult.Facts.NONE,
                0,
                0,
                0);
    }

    private static RunPhases queued() {
        var phases = new RunPhases();
        phases.end(Phase.QUEUE);
        phases.end(Phase.CLAIM);
        phases.sent();
        phases.ended();
        return phases;
    }

    private static CompletedRun run(
            String id, Outcome outcome, OptionalInt exitCode, OptionalInt signal, RunPhases phases) {
        return new CompletedRun(
                id,
                CompletedRun.Api.RUNS,
                "somebody",
                Optional.empty(),
                Instant.parse("2026-11-25T10:00:00Z"),
                phases,
                outcome,
                exitCode,
                signal,
                Optional.of(new CompletedRun.SandboxUse("sandbox-1", "r1", 2)),
                new RunResult.Facts(Duration.ofMillis(12), Duration.ofMillis(5), Duration.ofMillis(2), 1 << 20),
                1000,
                5,
                7);
    }
}
