package dev.sandpool.runner.http;

import dev.sandpool.runner.run.Problem;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Responses to requests that are not valid HTTP: in the format of Go's net/http, or problems below {@code /v1}. */
public final class GoErrors {
    // The message of Helidon's header parser, with status 400, when the headers are too large.
    private static final String TOO_MANY_HEADERS = "Header size exceeded";

    // The text that Helidon uses in place of a message which may contain client data.
    private static final String SEE_LOG = "Bad request, see server log for more information";

    private static final Status HEADERS_TOO_LARGE = Status.create(431, "Request Header Fields Too Large");

    private GoErrors() {}

    /** Returns the handlers of requests that Helidon itself refuses. */
    public static DirectHandlers handlers() {
        var handlers = DirectHandlers.builder();
        for (var type : DirectHandler.EventType.values()) {
            handlers.addHandler(type, GoErrors::refuse);
        }
        return handlers.build();
    }

    private static DirectHandler.TransportResponse refuse(
            DirectHandler.TransportRequest request,
            DirectHandler.EventType type,
            Status status,
            ServerResponseHeaders headers,
            @Nullable String message) {
        Status told = TOO_MANY_HEADERS.equals(message) ? HEADERS_TOO_LARGE : status;
        byte[] entity = (told.code() + " " + told.reasonPhrase()).getBytes(StandardCharsets.UTF_8);
        String mediaType = "text/plain; charset=utf-8";
        if (request.path().startsWith("/v1/")) {
            mediaType = Problem.MEDIA_TYPE;
            entity = problem(told, message).bytes();
        }
        return DirectHandler.TransportResponse.builder()
                .status(told)
                .headers(headers)
                .header(HeaderValues.create(HeaderNames.CONTENT_TYPE, mediaType))
                .header(HeaderValues.CONNECTION_CLOSE)
                .keepAlive(false)
                .entity(entity)
                .build();
    }

    private static Problem problem(Status status, @Nullable String message) {
        String detail = message == null || message.equals(SEE_LOG) ? "the head of the request is malformed" : message;
        return switch (status.code()) {
            case 400 -> Problem.badRequest(detail);
            case 414 -> new Problem("uri-too-long", 414, "URI too long", detail);
            case 431 ->
                new Problem(
                        "headers-too-large",
                        431,
                        "Headers too large",
                        "the headers are larger than " + RequestHead.MOST_HEADER_BYTES + " bytes");
            case 501 -> new Problem("not-implemented", 501, "Not implemented", detail);
            default -> new Problem("internal-error", status.code(), status.reasonPhrase(), status.reasonPhrase());
        };
    }
}
