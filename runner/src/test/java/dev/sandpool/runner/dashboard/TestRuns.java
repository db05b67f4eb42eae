package dev.sandpool.runner.dashboard;

import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.RunAnswer;
import dev.sandpool.runner.run.RunPhases;
import dev.sandpool.runner.run.RunPhases.Phase;
import dev.sandpool.runner.sandbox.Outcome;
import dev.sandpool.runner.sandbox.RunResult;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Runs that are over. */
final class TestRuns {
    private static final RunResult.Facts FACTS =
            new RunResult.Facts(Duration.ofMillis(12), Duration.ofMillis(5), Duration.ofMillis(2), 1 << 20);

    private TestRuns() {}

    static CompletedRun exited(String id) {
        return ended(id, new RunResult.Exited(3, FACTS));
    }

    static CompletedRun signalled(String id) {
        return ended(id, new RunResult.Signalled(11, FACTS));
    }

    /** One that never got into the queue, let alone a sandbox. */
    static CompletedRun overloaded(String id) {
        var ending = new RunAnswer.Refused(Outcome.OVERLOADED, "", OptionalLong.empty(), OptionalInt.empty());
        return run(id, new RunPhases(), ending, Optional.empty(), Optional.empty(), 0, 0, 0);
    }

    private static CompletedRun ended(String id, RunResult result) {
        var phases = new RunPhases();
        phases.end(Phase.QUEUE);
        phases.end(Phase.CLAIM);
        phases.sent();
        phases.ended();
        var sandbox = Optional.of(new CompletedRun.SandboxUse("sandbox-1", "r1", 2));
        return run(id, phases, new RunAnswer.Ended(result), Optional.of(result), sandbox, 1000, 5, 7);
    }

    private static CompletedRun run(
            String id,
            RunPhases phases,
            RunAnswer ending,
            Optional<RunResult> result,
            Optional<CompletedRun.SandboxUse> sandbox,
            long bytesIn,
            long stdoutBytes,
            long stderrBytes) {
        return new CompletedRun(
                id,
                CompletedRun.Api.RUNS,
                "somebody",
                Optional.empty(),
                Instant.parse("2026-11-25T10:00:00Z"),
                phases,
                ending,
                result,
                sandbox,
                1 << 20,
                bytesIn,
                stdoutBytes,
                stderrBytes);
    }
}
