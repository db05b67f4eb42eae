package dev.sandpool.runner.sandbox;

import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A run as its caller asks for it.
 *
 * @param arguments the arguments after {@code argv[0]}, one character per byte (ISO-8859-1), so that any bytes pass
 *     unchanged
 * @param environment variables that are added to the default environment or replace some of it; one character per byte
 *     too
 * @param asked limits narrower than those of the sandbox
 * @param launchers the commands that may run the program instead of the kernel; always the pool's, for every caller
 * @param outputFiles the files that the caller wants back
 */
public record ProgramRequest(
        List<String> arguments,
        Map<String, String> environment,
        AskedLimits asked,
        RunInput input,
        Launchers launchers,
        OutputFiles outputFiles) {
    public ProgramRequest {
        arguments = List.copyOf(arguments);
        environment = Map.copyOf(environment);
    }

    /** Creates a request without launchers. A caller cannot choose these. */
    public ProgramRequest(List<String> arguments, Map<String, String> environment, AskedLimits asked, RunInput input) {
        this(arguments, environment, asked, input, Launchers.NONE, OutputFiles.NONE);
    }

    /** Creates a request for a program with arguments and defaults for everything else. */
    public ProgramRequest(List<String> arguments, InputStream program) {
        this(arguments, Map.of(), AskedLimits.NONE, RunInput.of(program));
    }

    /** Returns the same request with {@code time} as its time limit. */
    public ProgramRequest within(Duration time) {
        return new ProgramRequest(arguments, environment, asked.within(time), input, launchers, outputFiles);
    }

    /** Returns the same request with these launchers. */
    public ProgramRequest with(Launchers launchers) {
        return new ProgramRequest(arguments, environment, asked, input, launchers, outputFiles);
    }

    /** Returns the same request for these files. */
    public ProgramRequest with(OutputFiles files) {
        return new ProgramRequest(arguments, environment, asked, input, launchers, files);
    }
}
