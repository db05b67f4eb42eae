package dev.sandpool.runner.api;

import dev.sandpool.runner.api.request.PlaygroundRequest;
import dev.sandpool.runner.http.ClientConnection;
import dev.sandpool.runner.http.ClientRequests;
import dev.sandpool.runner.http.JsonReply;
import dev.sandpool.runner.http.PlainTextResponse;
import dev.sandpool.runner.http.RequestBody;
import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.CompletedRun.Api;
import dev.sandpool.runner.run.OutputSpool;
import dev.sandpool.runner.run.RunAnswer;
import dev.sandpool.runner.run.RunPhases;
import dev.sandpool.runner.run.RunService;
import dev.sandpool.runner.run.Upload;
import dev.sandpool.runner.sandbox.Outcome;
import dev.sandpool.runner.sandbox.RunResult;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.util.List;

/** Serves {@code POST /run} like the Go playground's sandbox backend. */
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
        var source = new PlaygroundRequest(request.headers().all(ARGUMENT, List::of));
        long announced = request.headers().contentLength().orElse(0);
        var client = ClientConnection.current().bytes();
        try (var run = ClientRequests.open(runs, Api.RUN, request);
                var output = runs.spool(run);
                var upload = new Upload(new RequestBody(request), announced, client, runs.memory())) {
            CompletedRun completed = runs.run(run, source, upload, output);
            response.header(
                    HeaderValues.create(SERVER_TIMING, completed.phases().serverTiming()));
            render(completed.answer(), output, request, response);
        }
    }

    private void render(RunAnswer answer, OutputSpool output, ServerRequest request, ServerResponse response) {
        switch (answer) {
            case RunAnswer.Ended(RunResult.SandboxLost _) ->
                PlainTextResponse.error(request, response, Outcome.SANDBOX_LOST.status(), RunAnswer.SANDBOX_LOST);
            case RunAnswer.Ended(RunResult result) -> render(result, output, request, response);
            case RunAnswer.Refused refused -> {
                refused.retryAfterSeconds()
                        .ifPresent(seconds -> response.header(HeaderValues.create(HeaderNames.RETRY_AFTER, seconds)));
                if (refused.outcome() == Outcome.UNAUTHENTICATED) {
                    response.header(BEARER);
                }
                PlainTextResponse.error(request, response, refused.outcome().status(), refused.text());
            }
            case RunAnswer.Invalid(var problem) ->
                PlainTextResponse.error(request, response, problem.status(), problem.detail());
            case RunAnswer.Repeated _ -> throw new IllegalStateException("a run without an id is not kept");
            case RunAnswer.ClientGone _ -> throw new CloseConnectionException("the client has gone");
        }
    }

    private void render(RunResult result, OutputSpool output, ServerRequest request, ServerResponse response) {
        PlaygroundResponse json;
        try {
            json = PlaygroundResponse.of(result, output);
        } catch (IOException e) {
            PlainTextResponse.error(request, response, Outcome.FAILED.status(), "internal error");
            return;
        }
        response.header(HeaderValues.create(HeaderNames.CONTENT_LENGTH, json.length()));
        JsonReply.send(runs, request, response, json::writeTo);
    }
}
