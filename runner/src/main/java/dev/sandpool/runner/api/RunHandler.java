package dev.sandpool.runner.api;

import dev.sandpool.runner.http.ClientBytes;
import dev.sandpool.runner.http.ClientConnection;
import dev.sandpool.runner.http.ClientRequests;
import dev.sandpool.runner.http.JsonReply;
import dev.sandpool.runner.http.PlainTextResponse;
import dev.sandpool.runner.http.RequestBody;
import dev.sandpool.runner.run.CompletedRun.Api;
import dev.sandpool.runner.run.OutputSpool;
import dev.sandpool.runner.run.RunEnding;
import dev.sandpool.runner.run.RunPhases;
import dev.sandpool.runner.run.RunPipeline;
import dev.sandpool.runner.run.RunService;
import dev.sandpool.runner.run.RunSource;
import dev.sandpool.runner.run.Upload;
import dev.sandpool.runner.sandbox.RunRequest;
import dev.sandpool.runner.sandbox.SandboxLimits;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Optional;

/** {@code POST /run}. The way to an answer is {@link RunPipeline}'s; here it is written down. */
public final class RunHandler implements Handler {
    private static final HeaderName SERVER_TIMING = HeaderNames.create("Server-Timing");
    private static final HeaderName ARGUMENT = HeaderNames.create("X-Argument");
    private static final Header BEARER = HeaderValues.createCached(HeaderNames.WWW_AUTHENTICATE, "Bearer");

    private final RunService runs;

    public RunHandler(RunService runs) {
        this.runs = runs;
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        if (!request.prologue().method().equals(Method.POST)) {
            response.header(HeaderValues.create(SERVER_TIMING, new RunPhases().serverTiming()));
            PlainTextResponse.error(request, response, 400, "expected a POST");
            return;
        }
        ClientBytes client = ClientConnection.current().bytes();
        try (var run = ClientRequests.open(runs, Api.RUN, request);
                var output = runs.spool();
                var upload = new Upload(new RequestBody(request), client, runs.memory())) {
            var attempt =
                    new RunPipeline(runs.services(), run, new Program(arguments(request)), upload, client, output);
            RunEnding answer = attempt.answer(request.headers().contentLength().orElse(0));
            run.ended(answer, attempt, upload, output);
            response.header(HeaderValues.create(SERVER_TIMING, attempt.phases().serverTiming()));
            send(answer, output, request, response);
        }
    }

    private void send(RunEnding answer, OutputSpool output, ServerRequest request, ServerResponse response) {
        switch (answer) {
            case RunEnding.Ran ran -> {
                if (output.addedToStderr(ran.stderrLine())) {
                    json(PlaygroundResponse.ran(ran.exitCode(), output), request, response);
                } else {
                    PlainTextResponse.error(request, response, 500, "internal error");
                }
            }
            case RunEnding.Failed failed -> json(PlaygroundResponse.failed(failed.error()), request, response);
            case RunEnding.Refused refused -> {
                refused.retryAfterSeconds()
                        .ifPresent(seconds -> response.header(HeaderValues.create(HeaderNames.RETRY_AFTER, seconds)));
                if (refused.status() == 401) {
                    response.header(BEARER);
                }
                PlainTextResponse.error(request, response, refused.status(), refused.text());
            }
            case RunEnding.Bad bad ->
                PlainTextResponse.error(
                        request, response, bad.problem().status(), bad.problem().detail());
            case RunEnding.Repeated _ -> throw new IllegalStateException("a run without an id is not kept");
            case RunEnding.Nothing _ -> throw new CloseConnectionException("the client has gone");
        }
    }

    private void json(PlaygroundResponse json, ServerRequest request, ServerResponse response) {
        response.header(HeaderValues.create(HeaderNames.CONTENT_LENGTH, json.length()));
        JsonReply.send(runs, request, response, json::writeTo);
    }

    private static List<String> arguments(ServerRequest request) {
        return request.headers().all(ARGUMENT, List::of);
    }

    /** The body is the program, and nothing else is said but its arguments. */
    private record Program(List<String> arguments) implements RunSource {
        @Override
        public long mostBytes(SandboxLimits limits) {
            return limits.binaryBytes();
        }

        @Override
        public boolean mayTrickle() {
            return false;
        }

        @Override
        public boolean waitsInTheTimeOfItsRun() {
            return true;
        }

        @Override
        public RunRequest read(Upload upload, Optional<SandboxLimits> limits) {
            return new RunRequest(arguments, upload);
        }
    }
}
