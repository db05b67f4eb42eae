package dev.sandpool.runner.http;

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
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.commons.io.output.CountingOutputStream;

/** A JSON response that may be as long as a run's output, most of which is on the disk. */
public final class JsonReply {
    private static final Header JSON = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");

    // The largest response is 270 MB. A client slower than 2 MB/s would occupy the disk for too long.
    private static final Duration LONGEST = Duration.ofMinutes(2);

    private JsonReply() {}

    /** Writes the JSON. */
    public interface Body {
        void writeTo(OutputStream body) throws IOException;
    }

    /**
     * Sends the JSON, and counts its bytes as sent.
     *
     * @throws CloseConnectionException if the client has gone or was too slow
     */
    public static void send(RunService runs, ServerRequest request, ServerResponse response, Body json) {
        response.header(JSON);
        PlainTextResponse.prepare(request, response);
        ClientConnection client = ClientConnection.current();
        var tooSlow = runs.clock().schedule(client::abort, LONGEST.toMillis(), TimeUnit.MILLISECONDS);
        try (var body = new CountingOutputStream(response.outputStream())) {
            json.writeTo(body);
            runs.sent(body.getByteCount());
        } catch (IOException | UncheckedIOException | SocketWriterException | ServerConnectionException e) {
            throw new CloseConnectionException("the client did not take its answer", e);
        } finally {
            tooSlow.cancel(false);
        }
    }
}
