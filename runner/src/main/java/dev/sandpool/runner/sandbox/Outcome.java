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
 * The outcome of a request for a run, with everything that depends on the outcome alone. Responses, metrics, traces,
 * the pool's status and the warm pool read it here. A new outcome is a new constant here.
 */
public enum Outcome {
    EXITED("exited", NOBODY, REUSABLE, AS_RUN),
    SIGNALLED("signalled", PROGRAM, REUSABLE, AS_RUN),
    TIMED_OUT("timed-out", PROGRAM, REUSABLE, AS_TIMED_OUT),
    /**
     * The run's time was up, but its sandbox did not report that. For a client it is the same as a program that timed
     * out.
     */
    UNANSWERED("timed-out", SANDPOOL, DELETED, AS_TIMED_OUT),
    OUTPUT_TOO_LARGE("output-too-large", PROGRAM, REUSABLE, AS_RUN),
    OUT_OF_MEMORY("out-of-memory", PROGRAM, REUSABLE, AS_RUN),
    CPU_TIME_EXCEEDED("cpu-time-exceeded", PROGRAM, REUSABLE, AS_TIMED_OUT),
    FAILED_TO_START("failed-to-start", PROGRAM, REUSABLE, AS_RUN),
    /** A run of /v1 has this outcome if its program had started. Otherwise the client gets the problem. */
    SANDBOX_LOST(500, "sandbox-lost", "sandbox-lost", SANDPOOL, DELETED, AS_FAILED),

    PROGRAM_TOO_LARGE(413, "program-too-large", CLIENT, AS_RUN),
    FILES_TOO_LARGE(413, "files-too-large", CLIENT, AS_RUN),
    /** The sandbox image of the pool is older than the option {@code outputFiles}. Its clients can do without. */
    OUTPUT_FILES_UNSUPPORTED(501, "output-files-unsupported", CLIENT, AS_RUN),
    /** The request breaks a rule. The problem names the rule, and may have another status. */
    BAD_REQUEST(400, "bad-request", CLIENT, AS_RUN),
    UPLOAD_FAILED(400, "bad-request", CLIENT, AS_RUN),
    UPLOAD_STALLED(408, "upload-stalled", CLIENT, AS_RUN),
    /** Another request of the same caller cancelled the run. */
    CANCELLED(409, "cancelled", CLIENT, AS_RUN),
    /** Nothing was run: the response to the same request had been kept. */
    REPEATED(200, "", NOBODY, NOT),
    /** The client has gone, so nothing can be sent to it. */
    CLIENT_GONE(0, "", CLIENT, NOT),

    /** The caller has too many runs at once. */
    CALLER_CONCURRENCY(429, "too-many-runs", CLIENT, NOT),
    /** The caller starts too many runs per minute. */
    CALLER_RATE(429, "too-often", CLIENT, NOT),
    /** The request was removed from the queue in favour of a caller with fewer requests in it. */
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

    /** The side that caused the outcome. A trace is an error only if Sandpool did. */
    public enum Fault {
        NOBODY,
        PROGRAM,
        CLIENT,
        SANDPOOL
    }

    /** What happens to the sandbox after the run, if there was one and its pool reuses sandboxes. */
    public enum Afterwards {
        REUSABLE,
        DELETED
    }

    /** How the pool's status counts the outcome. */
    public enum Counted {
        AS_RUN,
        AS_TIMED_OUT,
        AS_FAILED,
        /** Not counted: nothing was run, or no response was sent. */
        NOT
    }

    /** An outcome of a program that ran, or that could not be started. */
    Outcome(String runOutcome, Fault fault, Afterwards afterwards, Counted counted) {
        this(200, "", runOutcome, fault, afterwards, counted);
    }

    /** An outcome without a result of a program. */
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

    /** Returns the name for labels of metrics, logs and traces. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the name for the JSON of the pool and for the pool page. */
    public String apiName() {
        return label().replace('_', '-');
    }

    /** Returns the HTTP status of the response; 0 if there is none. */
    public int status() {
        return status;
    }

    /**
     * Returns the name of the problem in the response of {@code /v1}, as in {@code openapi.yaml}; empty if the response
     * is no problem.
     */
    public Optional<String> problem() {
        return Optional.of(problem).filter(name -> !name.isEmpty());
    }

    /**
     * Returns the value of {@code outcome} in the response of {@code /v1}, as in {@code openapi.yaml}; empty if the
     * response describes no program.
     */
    public Optional<String> runOutcome() {
        return Optional.of(runOutcome).filter(name -> !name.isEmpty());
    }

    public Fault fault() {
        return fault;
    }

    /** Returns whether the sandbox may serve again, if its pool reuses sandboxes. */
    public boolean leavesSandboxReusable() {
        return afterwards == REUSABLE;
    }

    public Counted counted() {
        return counted;
    }
}
