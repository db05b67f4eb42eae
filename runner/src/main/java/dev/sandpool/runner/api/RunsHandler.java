package dev.sandpool.runner.api;

import dev.sandpool.runner.http.AcceptHeader;
import dev.sandpool.runner.http.BodyDecoding;
import dev.sandpool.runner.http.ClientConnection;
import dev.sandpool.runner.http.ProblemReply;
import dev.sandpool.runner.run.Problem;
import dev.sandpool.runner.run.RunService;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Optional;

/** Serves {@code POST /v1/runs}: a run with options. The response comes at its end, or as events while it runs. */
public final class RunsHandler implements Handler {
    private static final Header ACCEPT_ENCODING =
            HeaderValues.createCached(HeaderNames.ACCEPT_ENCODING, BodyDecoding.ACCEPTED);
    private static final String JSON = "application/json";
    private static final String LINES = "application/x-ndjson";
    private static final String EVENTS = "text/event-stream";
    private static final List<String> ANSWERS = List.of(JSON, LINES, EVENTS);

    private final RunService runs;

    public RunsHandler(RunService runs) {
        this.runs = runs;
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        Optional<BodyDecoding> decoding = BodyDecoding.of(request.headers().first(HeaderNames.CONTENT_ENCODING));
        if (decoding.isPresent()) {
            handle(new RunExchange(decoding.get(), request, response));
        } else {
            response.header(ACCEPT_ENCODING);
            ProblemReply.send(
                    request,
                    response,
                    new Problem(
                            "unsupported-encoding",
                            415,
                            "Unsupported encoding",
                            "a Content-Encoding must be one of " + BodyDecoding.ACCEPTED));
        }
    }

    private void handle(RunExchange exchange) {
        Optional<String> accepted =
                AcceptHeader.best(exchange.request().headers().all(HeaderNames.ACCEPT, List::of), ANSWERS);
        if (accepted.isEmpty()) {
            exchange.send(new Problem(
                    "not-acceptable",
                    406,
                    "Not acceptable",
                    "answers are application/json, application/x-ndjson or text/event-stream"));
        } else if (accepted.get().equals(JSON)) {
            new WholeRun(runs, exchange).serve();
        } else if (ClientConnection.current().speaksHttp10()) {
            exchange.send(Problem.badRequest("events need HTTP/1.1"));
        } else {
            var format = accepted.get().equals(LINES) ? EventStream.Format.LINES : EventStream.Format.SERVER_SENT;
            new StreamedRun(runs, exchange, format).serve();
        }
    }
}
