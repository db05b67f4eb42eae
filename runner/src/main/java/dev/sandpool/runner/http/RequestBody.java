package dev.sandpool.runner.http;

import dev.sandpool.runner.run.ClientGoneException;
import dev.sandpool.runner.run.CorruptBodyException;
import dev.sandpool.runner.sandbox.BulkInputStream;
import io.helidon.common.buffers.DataReader;
import io.helidon.http.BadRequestException;
import io.helidon.http.RequestException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request. It takes Helidon's stream only at the first read, because Helidon then sends 100 Continue to a
 * client that expects it, even if the request is refused afterwards.
 */
public final class RequestBody extends BulkInputStream {
    private final ServerRequest request;
    private @Nullable InputStream body;

    public RequestBody(ServerRequest request) {
        this.request = request;
    }

    /**
     * Reads as other streams do.
     *
     * @throws CorruptBodyException if the chunks are malformed
     * @throws ClientGoneException if the client has gone
     */
    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        try {
            return body().read(into, offset, length);
        } catch (RequestException | BadRequestException e) {
            throw new CorruptBodyException(String.valueOf(e.getMessage()), e);
        } catch (DataReader.InsufficientDataAvailableException | CloseConnectionException e) {
            throw new ClientGoneException(e);
        }
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
