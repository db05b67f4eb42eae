package dev.sandpool.runner.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;

/** Plain responses with the headers and bytes of Go's net/http. */
public final class PlainTextResponse {
    private static final Header PLAIN_TEXT =
            HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8");
    private static final Header NO_SNIFFING =
            HeaderValues.createCached(HeaderNames.create("X-Content-Type-Options"), "nosniff");

    private PlainTextResponse() {}

    /** Sends what {@code io.WriteString} does. */
    public static void text(ServerRequest request, ServerResponse response, int status, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        response.status(Status.create(status)).header(PLAIN_TEXT);
        prepare(request, response);
        if (request.prologue().method().equals(Method.HEAD)) {
            response.header(HeaderValues.create(HeaderNames.CONTENT_LENGTH, bytes.length));
            response.send();
        } else {
            response.send(bytes);
        }
    }

    /** Sends what {@code http.Error} does. */
    public static void error(ServerRequest request, ServerResponse response, int status, String line) {
        response.header(NO_SNIFFING);
        text(request, response, status, line + "\n");
    }

    /** Prepares a response that is sent now, and that the client must take in time. */
    public static void prepare(ServerRequest request, ServerResponse response) {
        prepareStream(request, response);
        ClientConnection.current().mustTakeAnswer();
    }

    /**
     * Prepares the response. A connection whose request was not read to its end cannot be reused, and the response has
     * to say so.
     */
    public static void prepareStream(ServerRequest request, ServerResponse response) {
        if (!request.content().consumed()) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
    }
}
