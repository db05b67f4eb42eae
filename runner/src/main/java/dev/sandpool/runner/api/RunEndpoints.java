package dev.sandpool.runner.api;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.http.JsonReply;
import dev.sandpool.runner.http.PlainTextResponse;
import dev.sandpool.runner.http.ProblemReply;
import dev.sandpool.runner.run.ActiveRuns;
import dev.sandpool.runner.run.AnswerCache;
import dev.sandpool.runner.run.Problem;
import dev.sandpool.runner.run.RunService;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;

/** Serves {@code /v1/runs/{id}}: cancels a run of the caller, or returns its answer again. */
public final class RunEndpoints {
    private static final Header NOT_STORED = HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-store");

    private final RunService runs;
    private final ActiveRuns active;
    private final AnswerCache answers;
    private final Callers callers;

    public RunEndpoints(RunService runs) {
        this.runs = runs;
        this.active = runs.services().active();
        this.answers = runs.services().answers();
        this.callers = runs.services().callers();
    }

    public void routing(HttpRouting.Builder routing) {
        routing.get("/v1/runs/{id}", ProblemReply.whenKnown(callers, this::kept))
                .delete("/v1/runs/{id}", ProblemReply.whenKnown(callers, this::cancel));
    }

    private void kept(Caller caller, ServerRequest request, ServerResponse response) {
        String id = id(request);
        // First, because a run keeps its answer before it ends: a run that ends now is found by one of the two.
        boolean isUnderWay = active.isUnderWay(caller, id);
        Optional<AnswerCache.Answer> kept = answers.find(caller, id);
        Optional<byte[]> json = kept.flatMap(AnswerCache.Answer::json);
        if (json.isPresent()) {
            response.header(NOT_STORED);
            JsonReply.send(runs, request, response, json.get());
        } else if (isUnderWay) {
            ProblemReply.send(request, response, Problem.runInProgress(id));
        } else if (kept.isPresent()) {
            ProblemReply.send(request, response, IdempotentRun.answerNotKept(id));
        } else {
            ProblemReply.send(request, response, notFound("nothing is kept here of a run " + id + " of yours"));
        }
    }

    private void cancel(Caller caller, ServerRequest request, ServerResponse response) throws InterruptedException {
        if (active.cancel(caller, id(request))) {
            response.status(Status.NO_CONTENT_204);
            PlainTextResponse.prepare(request, response);
            response.send();
        } else {
            ProblemReply.send(request, response, notFound("no run " + id(request) + " of yours is under way here"));
        }
    }

    private static String id(ServerRequest request) {
        return request.path().pathParameters().get("id");
    }

    private static Problem notFound(String detail) {
        return new Problem("not-found", 404, "Not found", detail);
    }
}
