package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.sandbox.Outcome;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.StandardStream;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The facts about a request for a run that is over; never its contents. Responses, metrics, logs, traces and the pool
 * page are made from it.
 *
 * @param id the id of the run, unique in this runner
 * @param caller the caller's {@link Caller#key}
 * @param traceParent the trace header of the request, unchanged
 * @param begun when the request's headers had been read
 * @param result what its sandbox reported, if the run got that far; the response may differ, for example if its output
 *     could not be stored
 * @param sandbox the last sandbox that the run got; empty if none
 * @param outputLimit the limit of each of the two streams, in bytes
 * @param bytesIn the bytes of the program that were received
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
    /** The API that received the request. */
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
     * A sandbox and the number of the run in it.
     *
     * @param run 1 for the first run in the sandbox
     */
    public record SandboxUse(String name, String revision, int run) {}

    /** Returns the outcome of the request. */
    public Outcome outcome() {
        return answer.outcome();
    }

    /** Returns the exit code, if the program ended by itself. */
    public OptionalInt exitCode() {
        return result.isPresent() && result.get() instanceof RunResult.Exited exited
                ? OptionalInt.of(exited.code())
                : OptionalInt.empty();
    }

    /** Returns the number of the signal that ended the program, if one did. */
    public OptionalInt signal() {
        return result.isPresent() && result.get() instanceof RunResult.Signalled signalled
                ? OptionalInt.of(signalled.signal())
                : OptionalInt.empty();
    }

    /** Returns why the program did not start or did not end. */
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

    /** Returns how many bytes of the stream came. */
    public long bytes(StandardStream stream) {
        return switch (stream) {
            case STDOUT -> stdoutBytes;
            case STDERR -> stderrBytes;
        };
    }

    /** Returns whether the program printed more to the stream than was kept. */
    public boolean isTruncated(StandardStream stream) {
        return outcome() == Outcome.OUTPUT_TOO_LARGE && bytes(stream) >= outputLimit;
    }
}
