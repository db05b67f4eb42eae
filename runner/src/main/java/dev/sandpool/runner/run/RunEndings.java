package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Admission.Refusal;
import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.run.RunEnding.Failed;
import dev.sandpool.runner.run.RunEnding.Nothing;
import dev.sandpool.runner.run.RunEnding.Outcome;
import dev.sandpool.runner.run.RunEnding.Ran;
import dev.sandpool.runner.run.RunEnding.Refused;
import dev.sandpool.runner.sandbox.RunResult;
import java.util.OptionalLong;

/** What each ending of a run, or of its request, means in HTTP. The only place that knows. */
public final class RunEndings {
    // In seconds. A runner is ready some ten seconds after its pod is made, which was before this one was told to end.
    private static final long UNTIL_ANOTHER_SERVES = 5;
    // Within that time a token's Secret, or the API server, may be back.
    private static final long UNTIL_TOKENS_CAN_BE_CHECKED = 5;
    private static final String TIMEOUT = "timeout running program";
    // As Go's http.MaxBytesReader has it.
    private static final String TOO_LARGE = "http: request body too large";
    // The shell's habit of 128 + signal is not the old backend's: any signal is Go's ExitCode -1, in eight bits.
    private static final int BY_SIGNAL = 255;
    // What a container whose memory was used up ends with. Without a word in stderr: a frontend of the original takes
    // "out of memory" there for a failure of its own, and shows an error instead of what the program printed.
    private static final int BY_MEMORY = 137;

    private RunEndings() {}

    static RunEnding of(RunResult result, Upload.Ending upload, RunCancellation cancellation) {
        return switch (result) {
            case RunResult.Exited exited -> new Ran(Outcome.EXITED, exited.code(), "");
            case RunResult.Signalled _ -> new Ran(Outcome.SIGNALLED, BY_SIGNAL, "");
            case RunResult.TimedOut _ -> new Ran(Outcome.TIMED_OUT, 1, TIMEOUT + "\n");
            // A frontend of the original knows one way to have run for too long.
            case RunResult.CpuTimeExceeded _ -> new Ran(Outcome.CPU_TIME_EXCEEDED, 1, TIMEOUT + "\n");
            case RunResult.OutOfMemory _ -> new Ran(Outcome.OUT_OF_MEMORY, BY_MEMORY, "");
            case RunResult.FailedToStart failed -> new Ran(Outcome.FAILED_TO_START, 1, failed.message() + "\n");
            case RunResult.Unanswered _ -> new Failed(Outcome.UNANSWERED, TIMEOUT);
            case RunResult.OutputTooLarge _ -> new Failed(Outcome.OUTPUT_TOO_LARGE, "Output too large");
            case RunResult.ProgramTooLarge _ -> tooLarge();
            case RunResult.FilesTooLarge files ->
                new Refused(
                        Outcome.FILES_TOO_LARGE,
                        413,
                        "the working files are larger than %d bytes together".formatted(files.limitBytes()));
            case RunResult.UploadFailed(BadInputException bad) -> bad(bad.problem());
            case RunResult.UploadFailed _ -> cancelled(cancellation, uploadFailed(upload));
            case RunResult.Cancelled _ -> cancelled(cancellation, failed());
            case RunResult.SandboxLost _ -> new Refused(Outcome.SANDBOX_LOST, 500, "lost the sandbox during the run");
        };
    }

    /** Who may run no programs: 401, or 503 where that cannot be said now. */
    public static Refused rejected(Callers.Rejected rejected) {
        return switch (rejected.why()) {
            case UNAUTHENTICATED -> new Refused(Outcome.UNAUTHENTICATED, 401, rejected.detail());
            case UNDECIDED ->
                Refused.retry(Outcome.AUTHENTICATION_UNAVAILABLE, rejected.detail(), UNTIL_TOKENS_CAN_BE_CHECKED);
        };
    }

    /** Who gets no slot: 429 for what is the caller's own doing, 503 for what is ours. */
    static RunEnding refused(Refusal refusal) {
        return switch (refusal.place()) {
            case TOO_MANY -> refused(Outcome.CALLER_CONCURRENCY, 429, "too many runs of one caller at once", refusal);
            case TOO_OFTEN -> refused(Outcome.CALLER_RATE, 429, "too many runs of one caller in a minute", refusal);
            case DISPLACED ->
                refused(Outcome.CALLER_DISPLACED, 429, "the queue is full, and most of it is one caller's", refusal);
            case REFUSED, TIMED_OUT, QUEUED, ADMITTED, CANCELLED ->
                refused(Outcome.OVERLOADED, 503, "too many runs at once", refusal);
        };
    }

    static RunEnding noSandbox(Refusal refusal) {
        return refused(Outcome.NO_SANDBOX, 503, "no sandbox is free", refusal);
    }

    /** The program may have run; how it would have ended nobody knows, and a frontend keeps what it is told of a timeout. */
    static RunEnding cutShort(Refusal refusal) {
        return refused(Outcome.NO_SANDBOX, 503, "the wait for a sandbox left the program too little time", refusal);
    }

    private static RunEnding refused(Outcome outcome, int status, String text, Refusal refusal) {
        return new Refused(outcome, status, text, OptionalLong.of(refusal.retryAfterSeconds()), refusal.ahead());
    }

    static RunEnding tooLarge() {
        return new Refused(Outcome.PROGRAM_TOO_LARGE, 413, TOO_LARGE);
    }

    /** What was sent makes no run. */
    static RunEnding bad(Problem problem) {
        return new RunEnding.Bad(problem);
    }

    static RunEnding uploadFailed(Upload.Ending upload) {
        return switch (upload) {
            case MALFORMED -> new Refused(Outcome.UPLOAD_FAILED, 400, "malformed request body");
            case TOO_SLOW -> new Refused(Outcome.UPLOAD_STALLED, 408, "the program did not come in time");
            case BROKEN, NONE -> new Nothing(Outcome.CLIENT_GONE);
        };
    }

    static RunEnding shuttingDown() {
        return Refused.retry(Outcome.SHUTTING_DOWN, "shutting down", UNTIL_ANOTHER_SERVES);
    }

    /** Our own failure, whose detail is in the log. */
    static RunEnding failed() {
        return new Refused(Outcome.FAILED, 500, "internal error");
    }

    /** What ended the request is told by the cancellation, if there was one. */
    static RunEnding cancelled(RunCancellation cancellation, RunEnding otherwise) {
        return cancellation
                .reason()
                .map(reason -> switch (reason) {
                    case CLIENT_GONE -> new Nothing(Outcome.CLIENT_GONE);
                    case ASKED_FOR -> new Refused(Outcome.CANCELLED, 409, "the run was cancelled");
                    case STALLED -> new Refused(Outcome.UPLOAD_STALLED, 408, "the upload stalled while others waited");
                    case SHUTTING_DOWN -> shuttingDown();
                })
                .orElse(otherwise);
    }
}
