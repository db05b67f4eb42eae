package dev.sandpool.runner.dashboard;

import dev.sandpool.runner.http.PlainTextResponse;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The files of the page, a fixed set that is in memory from the start. No path of a client is ever looked up in a file
 * system.
 */
final class UiFiles {
    private static final List<String> NAMES = List.of(
            "index.html",
            "style.css",
            "icon.svg",
            "main.js",
            "api.js",
            "format.js",
            "plot.js",
            "pool.js",
            "run.js",
            "runs.js",
            "token.js");
    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml");
    // The page loads nothing from other origins, and no page may show it in a frame.
    private static final Header POLICY = HeaderValues.createCached(
            HeaderNames.create("Content-Security-Policy"),
            "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'");
    private static final Header NO_SNIFFING =
            HeaderValues.createCached(HeaderNames.create("X-Content-Type-Options"), "nosniff");
    private static final Header NO_REFERRER =
            HeaderValues.createCached(HeaderNames.create("Referrer-Policy"), "no-referrer");
    // Browsers may cache the files but must revalidate them, so that files of two runner versions are not mixed.
    private static final Header ASK_EACH_TIME = HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-cache");
    // Relative, because a proxy may have added a path of its own.
    private static final Header TO_THE_PAGE = HeaderValues.createCached(HeaderNames.LOCATION, "ui/");
    private static final Header ALLOWED = HeaderValues.createCached(HeaderNames.ALLOW, "GET, HEAD");

    private final Map<String, File> files =
            NAMES.stream().collect(Collectors.toMap(Function.identity(), UiFiles::read));

    /** A file. A class and no record, because it has an array. */
    private static final class File {
        private final byte[] bytes;
        private final Header type;
        private final String tag;

        File(byte[] bytes, String type, String tag) {
            this.bytes = bytes;
            this.type = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, type);
            this.tag = tag;
        }
    }

    void routing(HttpRouting.Builder routing) {
        routing.any("/ui", this::redirect).any("/ui/*", this::file);
    }

    private void redirect(ServerRequest request, ServerResponse response) {
        if (isReading(request, response)) {
            PlainTextResponse.prepare(request, response);
            response.status(Status.PERMANENT_REDIRECT_308).header(TO_THE_PAGE).send();
        }
    }

    private void file(ServerRequest request, ServerResponse response) {
        if (!isReading(request, response)) {
            return;
        }
        String name = request.path().rawPath().substring("/ui/".length());
        File file = files.get(name.isEmpty() ? "index.html" : name);
        if (file == null) {
            PlainTextResponse.error(request, response, 404, "404 page not found");
        } else {
            send(file, request, response);
        }
    }

    private static void send(File file, ServerRequest request, ServerResponse response) {
        PlainTextResponse.prepare(request, response);
        response.header(POLICY)
                .header(NO_SNIFFING)
                .header(NO_REFERRER)
                .header(ASK_EACH_TIME)
                .header(HeaderValues.create(HeaderNames.ETAG, file.tag));
        if (request.headers().all(HeaderNames.IF_NONE_MATCH, List::of).stream()
                .flatMap(tags -> Arrays.stream(tags.split(",")))
                .anyMatch(tag -> isFor(file, tag.strip()))) {
            response.status(Status.NOT_MODIFIED_304).send();
            return;
        }
        response.header(file.type);
        if (request.prologue().method().equals(Method.HEAD)) {
            response.header(HeaderValues.create(HeaderNames.CONTENT_LENGTH, file.bytes.length));
            response.send();
        } else {
            response.send(file.bytes);
        }
    }

    /**
     * Returns whether the tag is the file's. A proxy that changes the bytes, for example by compression, makes the tag
     * weak.
     */
    private static boolean isFor(File file, String tag) {
        return tag.equals(file.tag) || tag.equals("W/" + file.tag);
    }

    private static boolean isReading(ServerRequest request, ServerResponse response) {
        Method method = request.prologue().method();
        if (method.equals(Method.GET) || method.equals(Method.HEAD)) {
            return true;
        }
        response.header(ALLOWED);
        PlainTextResponse.error(request, response, 405, "405 method not allowed");
        return false;
    }

    private static File read(String name) {
        try (InputStream in = UiFiles.class.getResourceAsStream("ui/" + name)) {
            if (in == null) {
                throw new IllegalStateException("the page lacks its " + name);
            }
            byte[] bytes = in.readAllBytes();
            String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
            if (type == null) {
                throw new IllegalStateException("nobody knows what type " + name + " is of");
            }
            String tag = '"' + DigestUtils.sha256Hex(bytes).substring(0, 24) + '"';
            return new File(bytes, type, tag);
        } catch (IOException e) {
            throw new UncheckedIOException("the page's " + name + " cannot be read", e);
        }
    }
}
