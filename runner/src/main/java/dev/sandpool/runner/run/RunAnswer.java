package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Admission.Refusal;
import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.sandbox.Outcome;
import dev.sandpool.runner.sandbox.RunResult;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The answer to a request for a run: its {@link Outcome} and the details for its client. Each endpoint writes it in its
 * own format.
 */
public sealed interface RunAnswer {
    String SANDBOX_LOST = "lost the sandbox during the run";

    Outcome outcome();

    /** A program ran, or could not be started; the answer is its result. */
    record Ended(RunResult result) implements RunAnswer {
        @Override
        public Outcome outcome() {
            return result.outcome();
        }
    }

    /**
     * The answer has no result of a program. The text gives the reason.
     *
     * @param position the number of requests ahead: with 429 the caller's own, with 503 all
     */
    record Refused(Outcome outcome, String text, OptionalLong retryAfterSeconds, OptionalInt position)
            implements RunAnswer {
        // In seconds. A runner is ready some ten seconds after its pod is created, which was before this one received
        // its signal to end.
        private static final long UNTIL_ANOTHER_SERVES = 5;
        // In seconds. A token's Secret, or the API server, may be back within that time.
        private static final long UNTIL_TOKENS_CAN_BE_CHECKED = 5;
        // The text of Go's http.MaxBytesReader.
        private static final String TOO_LARGE = "http: request body too large";

        private Refused(Outcome outcome, String text) {
            this(outcome, text, OptionalLong.empty(), OptionalInt.empty());
        }

        private Refused(Outcome outcome, String text, Refusal refusal) {
            this(outcome, text, OptionalLong.of(refusal.retryAfterSeconds()), refusal.ahead());
        }

        /** Refuses, and gives the time after which to try again. */
        private static Refused retry(Outcome outcome, String text, long retryAfterSeconds) {
            return new Refused(outcome, text, OptionalLong.of(retryAfterSeconds), OptionalInt.empty());
        }

        /** Refuses a caller that may not run programs, or that cannot be checked now. */
        public static Refused rejected(Callers.Rejected rejected) {
            return switch (rejected.why()) {
                case UNAUTHENTICATED -> new Refused(Outcome.UNAUTHENTICATED, rejected.detail());
                case UNDECIDED ->
                    retry(Outcome.AUTHENTICATION_UNAVAILABLE, rejected.detail(), UNTIL_TOKENS_CAN_BE_CHECKED);
            };
        }

        /** Refuses a request that gets no slot: 429 if its caller is the cause, 503 if Sandpool is. */
        static Refused noSlot(Refusal refusal) {
            return switch (refusal.place()) {
                case TOO_MANY ->
                    new Refused(Outcome.CALLER_CONCURRENCY, "too many runs of one caller at once", refusal);
                case TOO_OFTEN -> new Refused(Outcome.CALLER_RATE, "too many runs of one caller in a minute", refusal);
                case DISPLACED ->
                    new Refused(Outcome.CALLER_DISPLACED, "the queue is full, and most of it is one caller's", refusal);
                case REFUSED, TIMED_OUT, QUEUED, ADMITTED, CANCELLED ->
                    new Refused(Outcome.OVERLOADED, "too many runs at once", refusal);
            };
        }

        /** Refuses one more live run: 429 if its caller has others open, 503 if other callers have all of them. */
        public static Refused tooManyLiveRuns(boolean callerHasOthers, long retryAfterSeconds) {
            return callerHasOthers
                    ? retry(Outcome.CALLER_CONCURRENCY, "you have too many live runs open", retryAfterSeconds)
                    : retry(Outcome.OVERLOADED, "too many live runs are open", retryAfterSeconds);
        }

        static Refused noMemoryForOptions(long retryAfterSeconds) {
            return retry(Outcome.OVERLOADED, "there is no memory for these options now", retryAfterSeconds);
        }

        /**
         * Refuses a run whose output has no room, because clients have not taken that of other runs yet. The program
         * has run, but a part of its output is not an answer.
         */
        static Refused noRoomForOutput(long retryAfterSeconds) {
            return retry(Outcome.OVERLOADED, "there is no room for the output of this run now", retryAfterSeconds);
        }

        /** Refuses to send a kept answer again, because clients that read slowly hold others. */
        public static Refused noMemoryForAnswer(long retryAfterSeconds) {
            return retry(Outcome.OVERLOADED, "there is no memory to send this answer now", retryAfterSeconds);
        }

        static Refused noSandbox(Refusal refusal) {
            return new Refused(Outcome.NO_SANDBOX, "no sandbox is free", refusal);
        }

        /**
         * Refuses a run that was cut short. The program may have run, but it is unknown how it would have ended, and a
         * frontend caches a timeout.
         */
        static Refused cutShort(Refusal refusal) {
            return new Refused(Outcome.NO_SANDBOX, "the wait for a sandbox left the program too little time", refusal);
        }

        static Refused sandboxLost() {
            return new Refused(Outcome.SANDBOX_LOST, SANDBOX_LOST);
        }

        static Refused programTooLarge() {
            return new Refused(Outcome.PROGRAM_TOO_LARGE, TOO_LARGE);
        }

        static Refused filesTooLarge(long limitBytes) {
            return new Refused(
                    Outcome.FILES_TOO_LARGE,
                    "the working files are larger than %d bytes together".formatted(limitBytes));
        }

        static Refused outputFilesUnsupported() {
            return new Refused(
                    Outcome.OUTPUT_FILES_UNSUPPORTED,
                    "the pool's sandbox image is too old for outputFiles: its contained cannot send files");
        }

        static Refused shuttingDown() {
            return retry(Outcome.SHUTTING_DOWN, "shutting down", UNTIL_ANOTHER_SERVES);
        }

        /** Answers an internal error, whose detail is in the log. */
        static Refused failed() {
            return new Refused(Outcome.FAILED, "internal error");
        }

        @Override
        public Problem problem() {
            Problem problem = Problem.of(outcome, text);
            return position.isPresent() ? problem.with("position", position.getAsInt()) : problem;
        }
    }

    /** The request breaks a rule. */
    record Invalid(Problem problem) implements RunAnswer {
        @Override
        public Outcome outcome() {
            return Outcome.BAD_REQUEST;
        }
    }

    /** The same request was answered before, and its answer is in the cache. */
    record Repeated() implements RunAnswer {
        @Override
        public Outcome outcome() {
            return Outcome.REPEATED;
        }
    }

    /** The client has gone, so nothing can be sent to it. */
    record ClientGone() implements RunAnswer {
        @Override
        public Outcome outcome() {
            return Outcome.CLIENT_GONE;
        }
    }

    /** Returns the problem that {@code /v1} answers with if there is no result of a program. */
    default Problem problem() {
        return Problem.of(Outcome.FAILED, "internal error");
    }

    /** Returns after how many seconds to try again, if that is known. */
    default OptionalLong retryAfterSeconds() {
        return OptionalLong.empty();
    }

    /**
     * Returns the answer to a request whose run in a sandbox ended with {@code result}.
     *
     * @param started whether the program started
     */
    static RunAnswer of(RunResult result, boolean started, Upload.Ending upload, RunCancellation cancellation) {
        return switch (result) {
            case RunResult.SandboxLost _ when !started -> Refused.sandboxLost();
            case RunResult.ProgramTooLarge _ -> Refused.programTooLarge();
            case RunResult.FilesTooLarge files -> Refused.filesTooLarge(files.limitBytes());
            case RunResult.OutputFilesUnsupported _ -> Refused.outputFilesUnsupported();
            case RunResult.UploadFailed(BadInputException bad) -> new Invalid(bad.problem());
            case RunResult.UploadFailed _ -> cancelled(cancellation, uploadFailed(upload));
            case RunResult.Cancelled _ -> cancelled(cancellation, Refused.failed());
            // All results that have an outcome of a run. A test compares them.
            default -> new Ended(result);
        };
    }

    static RunAnswer uploadFailed(Upload.Ending upload) {
        return switch (upload) {
            case MALFORMED -> new Refused(Outcome.UPLOAD_FAILED, "malformed request body");
            case TOO_SLOW -> new Refused(Outcome.UPLOAD_STALLED, "the program was not uploaded in time");
            case BROKEN, NONE -> new ClientGone();
        };
    }

    /** Returns the answer that the cancellation determines, or {@code otherwise} if there was none. */
    static RunAnswer cancelled(RunCancellation cancellation, RunAnswer otherwise) {
        return cancellation
                .reason()
                .<RunAnswer>map(reason -> switch (reason) {
                    case CLIENT_GONE -> new ClientGone();
                    case ASKED_FOR -> new Refused(Outcome.CANCELLED, "the run was cancelled");
                    case STALLED -> new Refused(Outcome.UPLOAD_STALLED, "the upload stalled while others waited");
                    case SHUTTING_DOWN -> Refused.shuttingDown();
                })
                .orElse(otherwise);
    }
}
