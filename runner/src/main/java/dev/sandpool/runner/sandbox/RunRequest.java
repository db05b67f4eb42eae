package dev.sandpool.runner.sandbox;

import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What a caller wants run.
 *
 * @param arguments after {@code argv[0]}, one character per byte (ISO-8859-1), so that any bytes pass through unchanged
 * @param environment what is added to the default environment, or replaces some of it; one character per byte too
 * @param asked limits narrower than the sandbox's
 * @param launchers what may run the program instead of the kernel; the pool's, whoever asks
 */
public record RunRequest(
        List<String> arguments,
        Map<String, String> environment,
        AskedLimits asked,
        RunInput input,
        Launchers launchers) {
    public RunRequest {
        arguments = List.copyOf(arguments);
        environment = Map.copyOf(environment);
    }

    /** Of a caller, who has no say in the launchers. */
    public RunRequest(List<String> arguments, Map<String, String> environment, AskedLimits asked, RunInput input) {
        this(arguments, environment, asked, input, Launchers.NONE);
    }

    /** A program with arguments, and nothing else said. */
    public RunRequest(List<String> arguments, InputStream program) {
        this(arguments, Map.of(), AskedLimits.NONE, RunInput.of(program));
    }

    /** The same, within so much time. */
    public RunRequest within(Duration time) {
        return new RunRequest(arguments, environment, asked.within(time), input, launchers);
    }

    public RunRequest with(Launchers launchers) {
        return new RunRequest(arguments, environment, asked, input, launchers);
    }
}
