package dev.sandpool.runner.sandbox;

import java.io.InputStream;
import java.util.List;

/**
 * What a caller wants run.
 *
 * @param arguments after {@code argv[0]}, one character per byte (ISO-8859-1), so that any bytes pass through unchanged
 * @param program the program as it arrives; read once, by the thread that calls {@link Sandbox#run}, never held whole
 * @param launchers what may run the program instead of the kernel; the pool's, whoever asks
 */
public record RunRequest(List<String> arguments, InputStream program, Launchers launchers) {
    public RunRequest {
        arguments = List.copyOf(arguments);
    }

    /** A program that is executed itself, as far as its caller knows. */
    public RunRequest(List<String> arguments, InputStream program) {
        this(arguments, program, Launchers.NONE);
    }

    RunRequest with(Launchers launchers) {
        return new RunRequest(arguments, program, launchers);
    }
}
