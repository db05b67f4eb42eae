package dev.sandpool.runner.http;

import dev.sandpool.runner.run.RunAnswer;
import dev.sandpool.runner.run.RunService;
import io.helidon.common.socket.SocketWriterException;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.apache.commons.io.output.CountingOutputStream;

/** A JSON response that may be as long as a run's output, most of which is on the disk. */
public final class JsonReply {
    private static final Header JSON = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");

    // Helidon copies what it is given at once. The size of its buffer, so that no piece is copied into that too.
    private static final int PIECE = 32 * 1024;

    // An answer of this size is sent whatever memory is left, so that callers with much output do not keep others from
    // asking for a small answer again. The number of connections bounds all of them.
    private static final int FREE_BYTES = 4 * 1024;

    private JsonReply() {}

    /** Writes the JSON. */
    public interface Body {
        void writeTo(OutputStream body) throws IOException;
    }

    /**
     * Sends JSON that is in memory, and counts its bytes as sent. Until the client has taken it, its size comes out of
     * the budget, unless it is small: its owner may forget it before. If the budget is used up, the response is a
     * problem.
     *
     * @throws CloseConnectionException if the client has gone or was too slow
     */
    public static void send(RunService runs, ServerRequest request, ServerResponse response, byte[] json) {
        int counted = json.length > FREE_BYTES ? json.length : 0;
        if (!runs.memory().tryTake(counted)) {
            long retryAfterSeconds = runs.services().admission().retryAfterSeconds();
            ProblemReply.send(request, response, RunAnswer.Refused.noMemoryForAnswer(retryAfterSeconds));
            return;
        }
        try {
            response.header(HeaderValues.create(HeaderNames.CONTENT_LENGTH, json.length));
            send(runs, request, response, body -> {
                for (int at = 0; at < json.length; at += PIECE) {
                    body.write(json, at, Math.min(PIECE, json.length - at));
                }
            });
        } finally {
            runs.memory().giveBack(counted);
        }
    }

    /**
     * Sends the JSON, and counts its bytes as sent.
     *
     * @throws CloseConnectionException if the client has gone or was too slow
     */
    public static void send(RunService runs, ServerRequest request, ServerResponse response, Body json) {
        response.header(JSON);
        PlainTextResponse.prepare(request, response);
        try (var body = new CountingOutputStream(response.outputStream())) {
            json.writeTo(body);
            runs.sent(body.getByteCount());
        } catch (IOException | UncheckedIOException | SocketWriterException | ServerConnectionException e) {
            throw new CloseConnectionException("the client did not take its answer", e);
        }
    }
}
