package dev.sandpool.runner.sandbox;

import static dev.sandpool.runner.sandbox.Outcome.Afterwards.DELETED;
import static dev.sandpool.runner.sandbox.Outcome.Afterwards.REUSABLE;
import static dev.sandpool.runner.sandbox.Outcome.Counted.AS_FAILED;
import static dev.sandpool.runner.sandbox.Outcome.Counted.AS_RUN;
import static dev.sandpool.runner.sandbox.Outcome.Counted.AS_TIMED_OUT;
import static dev.sandpool.runner.sandbox.Outcome.Counted.NOT;
import static dev.sandpool.runner.sandbox.Outcome.Fault.CLIENT;
import static dev.sandpool.runner.sandbox.Outcome.Fault.NOBODY;
import static dev.sandpool.runner.sandbox.Outcome.Fault.PROGRAM;
import static dev.sandpool.runner.sandbox.Outcome.Fault.SANDPOOL;

import java.util.Locale;
import java.util.Optional;

/**
 * How a request for a run can end, and all that follows from that alone. Answers, metrics, traces, the pool's status and the pool of sandboxes read it
 * here. A new outcome is a new line here.
 */
public enum Outcome {
    EXITED("exited", NOBODY, REUSABLE, AS_RUN),
    SIGNALLED("signalled", PROGRAM, REUSABLE, AS_RUN),
    TIMED_OUT("timed-out", PROGRAM, REUSABLE, AS_TIMED_OUT),
    /** Its time was up, and its sandbox did not say so. A client cannot tell that from a program whose time was up. */
    UNANSWERED("timed-out", SANDPOOL, DELETED, AS_TIMED_OUT),
    OUTPUT_TOO_LARGE("output-too-large", PROGRAM, REUSABLE, AS_RUN),
    OUT_OF_MEMORY("out-of-memory", PROGRAM, REUSABLE, AS_RUN),
    CPU_TIME_EXCEEDED("cpu-time-exceeded", PROGRAM, REUSABLE, AS_TIMED_OUT),
    FAILED_TO_START("failed-to-start", PROGRAM, REUSABLE, AS_RUN),
    /** A run of /v1 has this outcome if its program had started, else the client gets the problem. */
    SANDBOX_LOST(500, "sandbox-lost", "sandbox-lost", SANDPOOL, DELETED, AS_FAILED),

    PROGRAM_TOO_LARGE(413, "program-too-large", CLIENT, AS_RUN),
    FILES_TOO_LARGE(413, "files-too-large", CLIENT, AS_RUN),
    /** The request breaks a rule. Its own problem says which, and may have another status. */
    BAD_REQUEST(400, "bad-request", CLIENT, AS_RUN),
    UPLOAD_FAILED(400, "bad-request", CLIENT, AS_RUN),
    UPLOAD_STALLED(408, "upload-stalled", CLIENT, AS_RUN),
    /** By another request, which its caller sent. */
    CANCELLED(409, "cancelled", CLIENT, AS_RUN),
    /** Nothing was run: the answer to the same request was kept. */
    REPEATED(200, "", NOBODY, NOT),
    /** Nobody is there to be answered. */
    CLIENT_GONE(0, "", CLIENT, NOT),

    /** The caller has too many runs at once. */
    CALLER_CONCURRENCY(429, "too-many-runs", CLIENT, NOT),
    /** The caller begins too many runs a minute. */
    CALLER_RATE(429, "too-often", CLIENT, NOT),
    /** It waited, and made room for a caller who has less in the queue. */
    CALLER_DISPLACED(429, "displaced", CLIENT, NOT),
    UNAUTHENTICATED(401, "unauthenticated", CLIENT, NOT),
    AUTHENTICATION_UNAVAILABLE(503, "authentication-unavailable", SANDPOOL, AS_FAILED),
    OVERLOADED(503, "overloaded", SANDPOOL, AS_FAILED),
    NO_SANDBOX(503, "no-sandbox", SANDPOOL, AS_FAILED),
    SHUTTING_DOWN(503, "shutting-down", SANDPOOL, AS_FAILED),
    FAILED(500, "internal-error", SANDPOOL, AS_FAILED);

    private final int status;
    private final String problem;
    private final String runOutcome;
    private final Fault fault;
    private final Afterwards afterwards;
    private final Counted counted;

    /** Whose doing it is. A trace of what is Sandpool's is an error. */
    public enum Fault {
        NOBODY,
        PROGRAM,
        CLIENT,
        SANDPOOL
    }

    /** What becomes of the sandbox, if there was one and its pool reuses sandboxes. */
    public enum Afterwards {
        REUSABLE,
        DELETED
    }

    /** How the pool's status counts it. */
    public enum Counted {
        AS_RUN,
        AS_TIMED_OUT,
        AS_FAILED,
        /** It was no run of anybody, or nobody was answered. */
        NOT
    }

    /** A program ran, or would not start. */
    Outcome(String runOutcome, Fault fault, Afterwards afterwards, Counted counted) {
        this(200, "", runOutcome, fault, afterwards, counted);
    }

    /** There is nothing to tell of a program. */
    Outcome(int status, String problem, Fault fault, Counted counted) {
        this(status, problem, "", fault, DELETED, counted);
    }

    Outcome(int status, String problem, String runOutcome, Fault fault, Afterwards afterwards, Counted counted) {
        this.status = status;
        this.problem = problem;
        this.runOutcome = runOutcome;
        this.fault = fault;
        this.afterwards = afterwards;
        this.counted = counted;
    }

    /** In labels of metrics, in logs and traces. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** In the JSON of the pool and its page. */
    public String apiName() {
        return label().replace('_', '-');
    }

    /** Of the answer, in HTTP; 0 if there is none. */
    public int status() {
        return status;
    }

    /** The name of the problem that {@code /v1} answers with, one of those in {@code openapi.yaml}; empty if it answers with no problem. */
    public Optional<String> problem() {
        return Optional.of(problem).filter(name -> !name.isEmpty());
    }

    /** What {@code outcome} says in the answer of {@code /v1}, one of those in {@code openapi.yaml}; empty if the answer tells of no program. */
    public Optional<String> runOutcome() {
        return Optional.of(runOutcome).filter(name -> !name.isEmpty());
    }

    public Fault fault() {
        return fault;
    }

    public boolean leavesSandboxReusable() {
        return afterwards == REUSABLE;
    }

    public Counted counted() {
        return counted;
    }
}
