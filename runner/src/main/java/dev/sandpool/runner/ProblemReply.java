package dev.sandpool.runner;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.OptionalLong;

/** The answers of the {@code /v1} paths that are no result. */
final class ProblemReply {
    private static final Header CONTENT_TYPE = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, Problem.MEDIA_TYPE);

    private ProblemReply() {}

    /** What a refusal of a run is here; the names of the problems are those of {@code openapi.yaml}. */
    static Problem of(Answer.Refused refused) {
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
            case EXITED,
                    SIGNALLED,
                    TIMED_OUT,
                    UNANSWERED,
                    OUTPUT_TOO_LARGE,
                    OUT_OF_MEMORY,
                    CPU_TIME_EXCEEDED,
                    FAILED_TO_START,
                    BAD_REQUEST,
                    CLIENT_GONE,
                    FAILED -> "internal-error";
        };
        return new Problem(name, refused.status(), title(name), refused.text());
    }

    static void send(ServerRequest request, ServerResponse response, Problem problem, OptionalLong retryAfterSeconds) {
        retryAfterSeconds.ifPresent(seconds -> response.header(HeaderValues.create(HeaderNames.RETRY_AFTER, seconds)));
        response.status(Status.create(problem.status())).header(CONTENT_TYPE);
        GoReply.prepare(request, response);
        response.send((problem.json().toPrettyString() + "\n").getBytes(UTF_8));
    }

    static void send(ServerRequest request, ServerResponse response, Problem problem) {
        send(request, response, problem, OptionalLong.empty());
    }

    /** A name in words. */
    private static String title(String name) {
        return Character.toUpperCase(name.charAt(0)) + name.substring(1).replace('-', ' ');
    }
}
