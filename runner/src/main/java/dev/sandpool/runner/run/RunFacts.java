package dev.sandpool.runner.run;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.sandpool.runner.run.CompletedRun.SandboxUse;
import dev.sandpool.runner.run.RunPhases.Phase;
import dev.sandpool.runner.sandbox.RunResult;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * How a run ended, in the words of {@code /v1/runs}.
 *
 * @param outcome exited, signalled, timed-out ...: a closed set, which {@code openapi.yaml} lists
 * @param outputLimit the most bytes of each of the two streams
 */
public record RunFacts(
        String id, String outcome, RunResult result, long outputLimit, RunPhases phases, Optional<SandboxUse> sandbox) {
    private static final String[] SIGNALS = {
        "",
        "SIGHUP",
        "SIGINT",
        "SIGQUIT",
        "SIGILL",
        "SIGTRAP",
        "SIGABRT",
        "SIGBUS",
        "SIGFPE",
        "SIGKILL",
        "SIGUSR1",
        "SIGSEGV",
        "SIGUSR2",
        "SIGPIPE",
        "SIGALRM",
        "SIGTERM",
        "SIGSTKFLT",
        "SIGCHLD",
        "SIGCONT",
        "SIGSTOP",
        "SIGTSTP",
        "SIGTTIN",
        "SIGTTOU",
        "SIGURG",
        "SIGXCPU",
        "SIGXFSZ",
        "SIGVTALRM",
        "SIGPROF",
        "SIGWINCH",
        "SIGIO",
        "SIGPWR",
        "SIGSYS"
    };

    /** Of a run that has an outcome; empty when the request ended otherwise. */
    public static Optional<RunFacts> of(RunEnding answer, String id, RunPipeline attempt, RunOutput output) {
        boolean hasOutcome = switch (answer) {
            case RunEnding.Ran _, RunEnding.Failed _ -> true;
            case RunEnding.Refused refused -> refused.outcome() == RunEnding.Outcome.SANDBOX_LOST;
            case RunEnding.Bad _, RunEnding.Repeated _, RunEnding.Nothing _ -> false;
        };
        return attempt.result()
                .filter(_ -> hasOutcome)
                .flatMap(result -> outcome(result, output.hasStarted())
                        .map(outcome -> new RunFacts(
                                id, outcome, result, attempt.outputLimit(), attempt.phases(), attempt.use())));
    }

    private static Optional<String> outcome(RunResult result, boolean started) {
        return switch (result) {
            case RunResult.Exited _ -> Optional.of("exited");
            case RunResult.Signalled _ -> Optional.of("signalled");
            case RunResult.TimedOut _, RunResult.Unanswered _ -> Optional.of("timed-out");
            case RunResult.CpuTimeExceeded _ -> Optional.of("cpu-time-exceeded");
            case RunResult.OutOfMemory _ -> Optional.of("out-of-memory");
            case RunResult.OutputTooLarge _ -> Optional.of("output-too-large");
            case RunResult.FailedToStart _ -> Optional.of("failed-to-start");
            case RunResult.SandboxLost _ -> started ? Optional.of("sandbox-lost") : Optional.empty();
            case RunResult.ProgramTooLarge _,
                    RunResult.FilesTooLarge _,
                    RunResult.UploadFailed _,
                    RunResult.Cancelled _ -> Optional.empty();
        };
    }

    /** The number of a signal's name; empty for what is none. */
    public static int signalNumber(String name) {
        for (int number = 1; number < SIGNALS.length; number++) {
            if (SIGNALS[number].equals(name)) {
                return number;
            }
        }
        return 0;
    }

    public static String signalName(int number) {
        return number > 0 && number < SIGNALS.length ? SIGNALS[number] : "SIG" + number;
    }

    /** Whether a stream of which so many bytes came went on. */
    public boolean isCutOff(long bytes) {
        return result instanceof RunResult.OutputTooLarge && bytes >= outputLimit;
    }

    /** The fields before the output. */
    public void writeEnding(JsonGenerator json) throws IOException {
        json.writeStringField("id", id);
        json.writeStringField("outcome", outcome);
        switch (result) {
            case RunResult.Exited exited -> json.writeNumberField("exitCode", exited.code());
            case RunResult.Signalled signalled -> json.writeStringField("signal", signalName(signalled.signal()));
            case RunResult.FailedToStart failed -> json.writeStringField("message", failed.message());
            case RunResult.SandboxLost _ -> json.writeStringField("message", "lost the sandbox during the run");
            case RunResult.TimedOut _,
                    RunResult.Unanswered _,
                    RunResult.CpuTimeExceeded _,
                    RunResult.OutOfMemory _,
                    RunResult.OutputTooLarge _,
                    RunResult.ProgramTooLarge _,
                    RunResult.FilesTooLarge _,
                    RunResult.UploadFailed _,
                    RunResult.Cancelled _ -> {}
        }
    }

    /** The fields after it. */
    public void writeUsage(JsonGenerator json) throws IOException {
        RunResult.Facts facts = result.facts();
        json.writeObjectFieldStart("usage");
        json.writeNumberField("wallMillis", millis(facts.wall()));
        json.writeNumberField("userMillis", millis(facts.user()));
        json.writeNumberField("systemMillis", millis(facts.system()));
        json.writeNumberField("peakMemoryBytes", facts.peakMemoryBytes());
        json.writeEndObject();
        json.writeObjectFieldStart("phases");
        for (Phase phase : Phase.values()) {
            json.writeNumberField(phase.name().toLowerCase(Locale.ROOT) + "Millis", millis(phases.duration(phase)));
        }
        json.writeEndObject();
        if (sandbox.isPresent()) {
            writeSandbox(json, sandbox.get());
        }
    }

    public static void writeSandbox(JsonGenerator json, SandboxUse sandbox) throws IOException {
        json.writeObjectFieldStart("sandbox");
        json.writeStringField("name", sandbox.name());
        json.writeStringField("revision", sandbox.revision());
        json.writeNumberField("run", sandbox.run());
        json.writeEndObject();
    }

    /** To a tenth. */
    private static double millis(Duration duration) {
        return Math.round(duration.toNanos() / 1e5) / 10.0;
    }
}
