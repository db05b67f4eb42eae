package dev.sandpool.runner.api;

import dev.sandpool.runner.http.PlainTextResponse;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.zip.CRC32;

/** Serves {@code GET /openapi.yaml}, the description of the API. */
public final class OpenApi {
    static final String RESOURCE = "openapi.yaml";

    // The media type of RFC 9512.
    private static final Header YAML = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/yaml");
    private static final Header ALLOW = HeaderValues.createCached(HeaderNames.ALLOW, "GET, HEAD");

    private final byte[] document = document();
    private final Header tag = HeaderValues.createCached(HeaderNames.ETAG, tag(document));

    private static byte[] document() {
        try (InputStream in = Objects.requireNonNull(OpenApi.class.getResourceAsStream(RESOURCE), RESOURCE)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String tag(byte[] document) {
        var crc = new CRC32();
        crc.update(document);
        return '"' + HexFormat.of().toHexDigits((int) crc.getValue()) + '"';
    }

    public void answer(ServerRequest request, ServerResponse response) {
        PlainTextResponse.prepare(request, response);
        switch (request.prologue().method().text()) {
            case "GET" -> document(request, response);
            case "HEAD" -> head(response);
            default ->
                response.status(Status.METHOD_NOT_ALLOWED_405).header(ALLOW).send();
        }
    }

    private void document(ServerRequest request, ServerResponse response) {
        response.header(tag);
        if (request.headers()
                .first(HeaderNames.IF_NONE_MATCH)
                .filter(tag.get()::equals)
                .isPresent()) {
            response.status(Status.NOT_MODIFIED_304).send();
        } else {
            response.header(YAML).send(document);
        }
    }

    private void head(ServerResponse response) {
        response.header(tag)
                .header(YAML)
                .header(HeaderValues.create(HeaderNames.CONTENT_LENGTH, document.length))
                .send();
    }
}
