package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.run.RunEnding.Outcome;
import dev.sandpool.runner.sandbox.RunResult;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One request for a run, when it is over: facts, never contents. For metrics, logs, traces and whoever watches the pool.
 *
 * @param id of the run; no other run of this runner has it
 * @param caller who asked, as {@link Caller#key} has it
 * @param traceParent the request's own header, as it came
 * @param begun when the request's headers had been read
 * @param exitCode if the program ended by itself
 * @param signal the number of the one that ended the program, if one did
 * @param sandbox the one that it ran in; empty if it never got one
 * @param bytesIn of the program, as far as they came
 */
public record CompletedRun(
        String id,
        Api api,
        String caller,
        Optional<String> traceParent,
        Instant begun,
        RunPhases phases,
        Outcome outcome,
        OptionalInt exitCode,
        OptionalInt signal,
        Optional<SandboxUse> sandbox,
        RunResult.Facts usage,
        long bytesIn,
        long stdoutBytes,
        long stderrBytes) {
    /** The way it came in. */
    public enum Api {
        /** {@code POST /run}. */
        RUN,
        /** {@code POST /v1/runs}. */
        RUNS,
        /** {@code /v1/runs/live}. */
        LIVE;

        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A sandbox, and how often it had been used.
     *
     * @param run 1 for the first in it
     */
    public record SandboxUse(String name, String revision, int run) {}
}
