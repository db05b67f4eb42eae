package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.sandbox.Outcome;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.Stream;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One request for a run, when it is over: facts, never contents. Answers, metrics, logs, traces and the pool's page are made of it.
 *
 * @param id of the run; no other run of this runner has it
 * @param caller who asked, as {@link Caller#key} has it
 * @param traceParent the request's own header, as it came
 * @param begun when the request's headers had been read
 * @param result what its sandbox said, if it got so far; the answer may be another, where its output could not be kept, say
 * @param sandbox the last one that it was given; empty if it never got one
 * @param outputLimit the most bytes of each of the two streams
 * @param bytesIn of the program, as far as they came
 */
public record CompletedRun(
        String id,
        Api api,
        String caller,
        Optional<String> traceParent,
        Instant begun,
        RunPhases phases,
        RunAnswer answer,
        Optional<RunResult> result,
        Optional<SandboxUse> sandbox,
        long outputLimit,
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

    public Outcome outcome() {
        return answer.outcome();
    }

    /** If the program ended by itself. */
    public OptionalInt exitCode() {
        return result.isPresent() && result.get() instanceof RunResult.Exited exited
                ? OptionalInt.of(exited.code())
                : OptionalInt.empty();
    }

    /** The number of the signal that ended the program, if one did. */
    public OptionalInt signal() {
        return result.isPresent() && result.get() instanceof RunResult.Signalled signalled
                ? OptionalInt.of(signalled.signal())
                : OptionalInt.empty();
    }

    /** Why its program did not start, or did not end. */
    public Optional<String> message() {
        return result.flatMap(ended -> switch (ended) {
            case RunResult.FailedToStart failed -> Optional.of(failed.message());
            case RunResult.SandboxLost _ -> Optional.of(RunAnswer.SANDBOX_LOST);
            default -> Optional.empty();
        });
    }

    public RunResult.Facts usage() {
        return result.map(RunResult::facts).orElse(RunResult.Facts.NONE);
    }

    public long bytes(Stream stream) {
        return switch (stream) {
            case STDOUT -> stdoutBytes;
            case STDERR -> stderrBytes;
        };
    }

    /** Whether the program printed more to that stream than there is of it. */
    public boolean isTruncated(Stream stream) {
        return outcome() == Outcome.OUTPUT_TOO_LARGE && bytes(stream) >= outputLimit;
    }
}
