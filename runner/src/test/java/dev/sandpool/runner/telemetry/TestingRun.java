package dev.sandpool.runner.telemetry;

import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.CompletedRun.Api;
import dev.sandpool.runner.run.CompletedRun.SandboxUse;
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
final class TestingRun {
    static final Instant BEGUN = Instant.parse("2026-11-25T04:05:06.789Z");
    static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    static final String PARENT = "00f067aa0ba902b7";

    private static final RunResult.Facts FACTS =
            new RunResult.Facts(Duration.ofMillis(20), Duration.ofMillis(12), Duration.ofMillis(3), 4096);

    private TestingRun() {}

    static CompletedRun ended(Outcome outcome, Optional<String> traceParent) {
        var phases = new RunPhases();
        phases.end(Phase.SEND);
        phases.end(Phase.QUEUE);
        phases.end(Phase.CLAIM);
        phases.sent();
        phases.ended();
        return new CompletedRun(
                "r1",
                Api.RUNS,
                "frontend",
                traceParent,
                BEGUN,
                phases,
                new RunAnswer.Refused(outcome, "", OptionalLong.empty(), OptionalInt.empty()),
                Optional.of(
                        outcome == Outcome.SIGNALLED
                                ? new RunResult.Signalled(11, FACTS)
                                : new RunResult.Exited(3, FACTS)),
                Optional.of(new SandboxUse("go-1-abc", "0ded1f1852", 2)),
                1 << 20,
                100,
                5,
                7);
    }

    static Optional<String> parent(String flags) {
        return Optional.of("00-" + TRACE + "-" + PARENT + "-" + flags);
    }
}
