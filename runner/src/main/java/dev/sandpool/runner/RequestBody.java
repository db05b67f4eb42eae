package dev.sandpool.runner;

import dev.sandpool.runner.sandbox.BulkInputStream;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request, asked for when it is read and not before: Helidon tells a client that expects it to continue as soon as somebody
 * takes the stream, also where the request is then refused.
 */
final class RequestBody extends BulkInputStream {
    private final ServerRequest request;
    private @Nullable InputStream body;

    RequestBody(ServerRequest request) {
        this.request = request;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        return body().read(into, offset, length);
    }

    @Override
    public int available() throws IOException {
        return body == null ? 0 : body().available();
    }

    private InputStream body() {
        InputStream now = body;
        if (now == null) {
            now = request.content().inputStream();
            body = now;
        }
        return now;
    }
}
