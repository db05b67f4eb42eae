package dev.sandpool.runner.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.common.socket.SocketWriterException;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.apache.commons.io.output.CountingOutputStream;
import org.jspecify.annotations.Nullable;

/** Sends events as the body of an HTTP response, whose status is sent with the first event. */
final class EventStream implements RunEvents.Channel, AutoCloseable {
    private static final Header NO_CACHE = HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-cache");
    // Without this, nginx would buffer the events.
    private static final Header NO_BUFFER = HeaderValues.createCached(HeaderNames.create("X-Accel-Buffering"), "no");

    private final Format format;
    private final ServerResponse response;
    private final Runnable lastHeaders;
    private @Nullable CountingOutputStream body;

    /** The format of an event. */
    enum Format {
        LINES("application/x-ndjson"),
        SERVER_SENT("text/event-stream");

        private final String mediaType;

        Format(String mediaType) {
            this.mediaType = mediaType;
        }

        private String written(String event, String json) {
            return switch (this) {
                case LINES -> json + "\n";
                case SERVER_SENT -> "event: " + event + "\ndata: " + json + "\n\n";
            };
        }

        private String nothing() {
            return switch (this) {
                case LINES -> "\n";
                case SERVER_SENT -> ":\n\n";
            };
        }
    }

    /** @param lastHeaders adds the headers that are known only at the first event */
    EventStream(Format format, ServerResponse response, Runnable lastHeaders) {
        this.format = format;
        this.response = response;
        this.lastHeaders = lastHeaders;
    }

    boolean isOpen() {
        return body != null;
    }

    @Override
    public void send(String event, String json) throws IOException {
        write(format.written(event, json));
    }

    @Override
    public void sendNothing() throws IOException {
        write(format.nothing());
    }

    /** Returns the number of bytes that were written. */
    long bytes() {
        return body == null ? 0 : body.getByteCount();
    }

    @Override
    public void close() throws IOException {
        if (body != null) {
            attempt(body::close);
        }
    }

    private void write(String text) throws IOException {
        if (body == null) {
            response.header(HeaderValues.create(HeaderNames.CONTENT_TYPE, format.mediaType))
                    .header(NO_CACHE)
                    .header(NO_BUFFER);
            lastHeaders.run();
            body = new CountingOutputStream(response.outputStream());
        }
        OutputStream to = body;
        attempt(() -> {
            to.write(text.getBytes(UTF_8));
            to.flush();
        });
    }

    private interface Writing {
        void run() throws IOException;
    }

    /** Helidon reports a disconnected client with three types of exception. */
    private static void attempt(Writing writing) throws IOException {
        try {
            writing.run();
        } catch (UncheckedIOException | SocketWriterException | ServerConnectionException e) {
            throw new IOException("the client did not take its answer", e);
        }
    }
}
