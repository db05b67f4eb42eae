package dev.sandpool.runner.run;

import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** What a request to {@code /run} is told. */
public sealed interface RunEnding {
    /** For the metric; the closed set of its label values. */
    enum Outcome {
        EXITED,
        SIGNALLED,
        TIMED_OUT,
        UNANSWERED,
        OUTPUT_TOO_LARGE,
        OUT_OF_MEMORY,
        CPU_TIME_EXCEEDED,
        FAILED_TO_START,
        PROGRAM_TOO_LARGE,
        FILES_TOO_LARGE,
        BAD_REQUEST,
        /** Nothing was run: the answer to the same request was kept. */
        REPEATED,
        UPLOAD_FAILED,
        UPLOAD_STALLED,
        CLIENT_GONE,
        /** By another request, which its caller sent. */
        CANCELLED,
        /** The caller has too many runs at once. */
        CALLER_CONCURRENCY,
        /** The caller begins too many runs a minute. */
        CALLER_RATE,
        /** It waited, and made room for a caller who has less in the queue. */
        CALLER_DISPLACED,
        UNAUTHENTICATED,
        AUTHENTICATION_UNAVAILABLE,
        OVERLOADED,
        NO_SANDBOX,
        SANDBOX_LOST,
        SHUTTING_DOWN,
        FAILED;

        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    Outcome outcome();

    /**
     * 200, with what the program printed.
     *
     * @param stderrLine of ours, after the program's own; may be empty
     */
    record Ran(Outcome outcome, int exitCode, String stderrLine) implements RunEnding {}

    /** 200, with an error for the person who wrote the program instead of what it printed. */
    record Failed(Outcome outcome, String error) implements RunEnding {}

    /**
     * Another status, with a line of text.
     *
     * @param position how many requests are ahead: with 429 the caller's own, with 503 all
     */
    record Refused(Outcome outcome, int status, String text, OptionalLong retryAfterSeconds, OptionalInt position)
            implements RunEnding {
        Refused(Outcome outcome, int status, String text) {
            this(outcome, status, text, OptionalLong.empty(), OptionalInt.empty());
        }

        /** 503, and when to try again. */
        static Refused retry(Outcome outcome, String text, long retryAfterSeconds) {
            return new Refused(outcome, 503, text, OptionalLong.of(retryAfterSeconds), OptionalInt.empty());
        }
    }

    /** The request itself is wrong, and how. */
    record Bad(Problem problem) implements RunEnding {
        @Override
        public Outcome outcome() {
            return Outcome.BAD_REQUEST;
        }
    }

    /**
     * The same request was answered before.
     *
     * @param kept with its JSON
     */
    record Repeated(AnswerCache.Kept kept) implements RunEnding {
        @Override
        public Outcome outcome() {
            return Outcome.REPEATED;
        }
    }

    /** Nothing: nobody is there to read it. */
    record Nothing(Outcome outcome) implements RunEnding {}
}
