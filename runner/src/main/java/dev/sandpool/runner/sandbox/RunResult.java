package dev.sandpool.runner.sandbox;

import java.time.Duration;

/**
 * The result of a run in a sandbox, one variant for each way to end. The program's output has gone to the {@link
 * OutputSink}.
 */
public sealed interface RunResult {
    /**
     * The measurements of contained. They are as hostile as everything from a sandbox, so use them only for people and
     * metrics.
     */
    record Facts(Duration wall, Duration user, Duration system, long peakMemoryBytes) {
        public static final Facts NONE = new Facts(Duration.ZERO, Duration.ZERO, Duration.ZERO, 0);
    }

    default Outcome outcome() {
        return switch (this) {
            case Exited _ -> Outcome.EXITED;
            case Signalled _ -> Outcome.SIGNALLED;
            case TimedOut _ -> Outcome.TIMED_OUT;
            case Unanswered _ -> Outcome.UNANSWERED;
            case OutputTooLarge _ -> Outcome.OUTPUT_TOO_LARGE;
            case OutOfMemory _ -> Outcome.OUT_OF_MEMORY;
            case CpuTimeExceeded _ -> Outcome.CPU_TIME_EXCEEDED;
            case FailedToStart _ -> Outcome.FAILED_TO_START;
            case ProgramTooLarge _ -> Outcome.PROGRAM_TOO_LARGE;
            case FilesTooLarge _ -> Outcome.FILES_TOO_LARGE;
            case OutputFilesUnsupported _ -> Outcome.OUTPUT_FILES_UNSUPPORTED;
            case UploadFailed _ -> Outcome.UPLOAD_FAILED;
            case Cancelled _ -> Outcome.CANCELLED;
            case SandboxLost _ -> Outcome.SANDBOX_LOST;
        };
    }

    /** Returns the measurements of contained; all zero if it sent none. */
    default Facts facts() {
        return switch (this) {
            case Exited exited -> exited.facts;
            case Signalled signalled -> signalled.facts;
            case TimedOut timedOut -> timedOut.facts;
            case OutputTooLarge tooLarge -> tooLarge.facts;
            case OutOfMemory outOfMemory -> outOfMemory.facts;
            case CpuTimeExceeded exceeded -> exceeded.facts;
            case Unanswered _,
                    FailedToStart _,
                    ProgramTooLarge _,
                    FilesTooLarge _,
                    OutputFilesUnsupported _,
                    UploadFailed _,
                    Cancelled _,
                    SandboxLost _ -> Facts.NONE;
        };
    }

    /** The program ended by itself. */
    record Exited(int code, Facts facts) implements RunResult {}

    record Signalled(int signal, Facts facts) implements RunResult {}

    /** The time of the run was up. The output so far is in the sink. */
    record TimedOut(Facts facts) implements RunResult {}

    /**
     * The time of the run was up and contained did not answer either, or the sandbox was lost so shortly before that
     * the cause is unknown.
     */
    record Unanswered() implements RunResult {}

    record OutputTooLarge(Facts facts) implements RunResult {}

    record OutOfMemory(Facts facts) implements RunResult {}

    /** The program used more processor time than its limit. */
    record CpuTimeExceeded(Facts facts) implements RunResult {}

    /** {@code execve} refused the program. The message gives the reason in one line. */
    record FailedToStart(String message) implements RunResult {}

    /** The program was larger than the binary limit. The sandbox received no more than the limit. */
    record ProgramTooLarge(long limitBytes) implements RunResult {}

    /** The working files were larger than their limit. */
    record FilesTooLarge(long limitBytes) implements RunResult {}

    /** The caller wants files back, which the contained of this sandbox does not know how to send. Nothing was run. */
    record OutputFilesUnsupported() implements RunResult {}

    /** The program could not be read from its caller: the client has gone, or the upload was broken or incomplete. */
    record UploadFailed(Exception cause) implements RunResult {}

    /** {@link Sandbox#close} was called during the run, or the output could not be kept. */
    record Cancelled() implements RunResult {}

    /**
     * Sandpool failed: the stream broke, contained violated the protocol, or the pod died. The detail is for the log.
     */
    record SandboxLost(String detail) implements RunResult {}
}
