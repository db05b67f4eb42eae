package dev.sandpool.runner.sandbox;

import java.time.Duration;

/** How a run in a sandbox ended, each ending a variant. What the program printed has gone to the {@link OutputSink}. */
public sealed interface RunResult {
    /** What contained measured; as hostile as all that comes from a sandbox, so for people and metrics only. */
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
            case UploadFailed _ -> Outcome.UPLOAD_FAILED;
            case Cancelled _ -> Outcome.CANCELLED;
            case SandboxLost _ -> Outcome.SANDBOX_LOST;
        };
    }

    /** What contained measured, where it said something. */
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
                    UploadFailed _,
                    Cancelled _,
                    SandboxLost _ -> Facts.NONE;
        };
    }

    /** The program ended by itself. */
    record Exited(int code, Facts facts) implements RunResult {}

    record Signalled(int signal, Facts facts) implements RunResult {}

    /** Its time was up; the output so far is in the sink. */
    record TimedOut(Facts facts) implements RunResult {}

    /** Its time was up and not even contained answered, or its sandbox was lost so shortly before that nobody knows why. */
    record Unanswered() implements RunResult {}

    record OutputTooLarge(Facts facts) implements RunResult {}

    record OutOfMemory(Facts facts) implements RunResult {}

    /** It used more processor time than it was given. */
    record CpuTimeExceeded(Facts facts) implements RunResult {}

    /** {@code execve} refused the program; the message says why, in one line. */
    record FailedToStart(String message) implements RunResult {}

    /** More than the binary limit came; the sandbox saw no more than the limit. */
    record ProgramTooLarge(long limitBytes) implements RunResult {}

    /** More working files came than the limit allows. */
    record FilesTooLarge(long limitBytes) implements RunResult {}

    /** Reading the program from its caller failed: gone, broken, or cut short. */
    record UploadFailed(Exception cause) implements RunResult {}

    /** {@link Sandbox#close} was called while the run went on. */
    record Cancelled() implements RunResult {}

    /** Our side failed: the stream broke, contained spoke nonsense, the pod died. The detail is for the log. */
    record SandboxLost(String detail) implements RunResult {}
}
