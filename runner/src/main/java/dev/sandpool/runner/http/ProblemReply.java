package dev.sandpool.runner.http;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.run.Problem;
import dev.sandpool.runner.run.RunEnding;
import dev.sandpool.runner.run.RunEndings;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.OptionalLong;

/** The answers of the {@code /v1} paths that are no result. */
public final class ProblemReply {
    private static final Header CONTENT_TYPE = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, Problem.MEDIA_TYPE);

    private static final Header BEARER = HeaderValues.createCached(HeaderNames.WWW_AUTHENTICATE, "Bearer");

    private ProblemReply() {}

    /** What is told of a run without an outcome. */
    public static Problem of(RunEnding answer) {
        return switch (answer) {
            case RunEnding.Bad bad -> bad.problem();
            case RunEnding.Refused refused -> of(refused);
            case RunEnding.Ran _, RunEnding.Failed _, RunEnding.Repeated _, RunEnding.Nothing _ ->
                new Problem("internal-error", 500, "Internal error", "internal error");
        };
    }

    /** What a refusal of a run is here; the names of the problems are those of {@code openapi.yaml}. */
    static Problem of(RunEnding.Refused refused) {
        String name = switch (refused.outcome()) {
            case PROGRAM_TOO_LARGE -> "program-too-large";
            case FILES_TOO_LARGE -> "files-too-large";
            case UPLOAD_FAILED -> "bad-request";
            case UPLOAD_STALLED -> "upload-stalled";
            case OVERLOADED -> "overloaded";
            case NO_SANDBOX -> "no-sandbox";
            case SHUTTING_DOWN -> "shutting-down";
            case SANDBOX_LOST -> "sandbox-lost";
            case CANCELLED -> "cancelled";
            case CALLER_CONCURRENCY -> "too-many-runs";
            case CALLER_RATE -> "too-often";
            case CALLER_DISPLACED -> "displaced";
            case UNAUTHENTICATED -> "unauthenticated";
            case AUTHENTICATION_UNAVAILABLE -> "authentication-unavailable";
            case EXITED,
                    SIGNALLED,
                    TIMED_OUT,
                    UNANSWERED,
                    OUTPUT_TOO_LARGE,
                    OUT_OF_MEMORY,
                    CPU_TIME_EXCEEDED,
                    FAILED_TO_START,
                    BAD_REQUEST,
                    REPEATED,
                    CLIENT_GONE,
                    FAILED -> "internal-error";
        };
        var problem = new Problem(name, refused.status(), title(name), refused.text());
        return refused.position().isPresent()
                ? problem.with("position", refused.position().getAsInt())
                : problem;
    }

    /** What is done for a caller who is known. */
    public interface ForCaller {
        void handle(Caller caller, ServerRequest request, ServerResponse response) throws Exception;
    }

    /** Whoever is not known is told so. */
    public static Handler whenKnown(Callers callers, ForCaller handler) {
        return (request, response) -> {
            switch (ClientRequests.identify(callers, request)) {
                case Callers.Identified identified -> handler.handle(identified.caller(), request, response);
                case Callers.Rejected rejected -> send(request, response, rejected);
            }
        };
    }

    /** Says why a request is not served. */
    public static void send(ServerRequest request, ServerResponse response, Callers.Rejected rejected) {
        RunEnding.Refused refused = RunEndings.rejected(rejected);
        send(request, response, of(refused), refused.retryAfterSeconds());
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

    /** A name in words. */
    private static String title(String name) {
        return Character.toUpperCase(name.charAt(0)) + name.substring(1).replace('-', ' ');
    }
}
