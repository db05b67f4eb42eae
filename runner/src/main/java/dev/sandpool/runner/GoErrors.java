package dev.sandpool.runner;

import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Answers to what is not a request that HTTP knows, as Go's net/http gives them. */
final class GoErrors {
    // What Helidon's header parser says, with status 400, when the headers are too many.
    private static final String TOO_MANY_HEADERS = "Header size exceeded";

    private static final Status HEADERS_TOO_LARGE = Status.create(431, "Request Header Fields Too Large");

    private GoErrors() {}

    static DirectHandlers handlers() {
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
        return DirectHandler.TransportResponse.builder()
                .status(told)
                .headers(headers)
                .header(HeaderValues.create(HeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8"))
                .header(HeaderValues.CONNECTION_CLOSE)
                .keepAlive(false)
                .entity((told.code() + " " + told.reasonPhrase()).getBytes(StandardCharsets.UTF_8))
                .build();
    }
}
