package dev.sandpool.runner.api.request;

import dev.sandpool.runner.sandbox.AskedLimits;
import dev.sandpool.runner.sandbox.RunInput;
import dev.sandpool.runner.sandbox.RunRequest;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a request to {@code /v1/runs} says about its run, checked.
 *
 * @param id chosen by the client; then the same request again has the same answer
 * @param arguments one character per byte, as {@link RunRequest} wants them; so are the variables of the environment
 * @param standardInput all of it, where the request has no part for it
 * @param interleaved whether a JSON answer tells the order of the output
 */
public record RunOptions(
        Optional<String> id,
        List<String> arguments,
        Map<String, String> environment,
        Optional<byte[]> standardInput,
        AskedLimits asked,
        boolean interleaved) {
    /** A run of that with these options. */
    public RunRequest request(RunInput input) {
        return new RunRequest(arguments, environment, asked, input);
    }
}
