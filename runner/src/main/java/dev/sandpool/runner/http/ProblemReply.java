package dev.sandpool.runner.http;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.run.Problem;
import dev.sandpool.runner.run.RunAnswer;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.OptionalLong;

/** The responses of the {@code /v1} paths that are problems. */
public final class ProblemReply {
    private static final Header CONTENT_TYPE = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, Problem.MEDIA_TYPE);

    private static final Header BEARER = HeaderValues.createCached(HeaderNames.WWW_AUTHENTICATE, "Bearer");

    private ProblemReply() {}

    /** Handles a request whose caller is known. */
    public interface ForCaller {
        void handle(Caller caller, ServerRequest request, ServerResponse response) throws Exception;
    }

    /** Returns a handler that rejects requests without a known caller. */
    public static Handler whenKnown(Callers callers, ForCaller handler) {
        return (request, response) -> {
            switch (ClientRequests.identify(callers, request)) {
                case Callers.Identified identified -> handler.handle(identified.caller(), request, response);
                case Callers.Rejected rejected -> send(request, response, rejected);
            }
        };
    }

    /** Sends the reason why a request is not served. */
    public static void send(ServerRequest request, ServerResponse response, Callers.Rejected rejected) {
        send(request, response, RunAnswer.Refused.rejected(rejected));
    }

    /** Sends the reason why there is no result of a program. */
    public static void send(ServerRequest request, ServerResponse response, RunAnswer answer) {
        send(request, response, answer.problem(), answer.retryAfterSeconds());
    }

    public static void send(
            ServerRequest request, ServerResponse response, Problem problem, OptionalLong retryAfterSeconds) {
        retryAfterSeconds.ifPresent(seconds -> response.header(HeaderValues.create(HeaderNames.RETRY_AFTER, seconds)));
        if (problem.status() == Status.UNAUTHORIZED_401.code()) {
            response.header(BEARER);
        }
        response.status(Status.create(problem.status())).header(CONTENT_TYPE);
        PlainTextResponse.prepare(request, response);
        response.send(problem.bytes());
    }

    public static void send(ServerRequest request, ServerResponse response, Problem problem) {
        send(request, response, problem, OptionalLong.empty());
    }
}
