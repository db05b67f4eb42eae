package dev.sandpool.runner.sandbox;

import java.io.InputStream;
import java.util.List;

/**
 * What a caller wants run.
 *
 * @param arguments after {@code argv[0]}, one character per byte (ISO-8859-1), so that any bytes pass through unchanged
 * @param program the program as it arrives; read once, by the thread that calls {@link Sandbox#run}, never held whole
 */
public record RunRequest(List<String> arguments, InputStream program) {
    public RunRequest {
        arguments = List.copyOf(arguments);
    }
}
