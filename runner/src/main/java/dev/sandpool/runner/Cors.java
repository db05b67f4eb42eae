package dev.sandpool.runner;

import dev.sandpool.crds.CorsSpec;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;

/**
 * The door of {@code /v1}: tells browsers which pages of other origins may use it, and everybody what there is to use. Never with credentials: whoever must prove
 * who he is does so by a header of the page's own. Helidon's module takes its origins when it starts, and here they change while it serves.
 */
final class Cors {
    private static final String EVERYBODY = "*";
    private static final Header VARY = HeaderValues.createCached(HeaderNames.VARY, "Origin");
    private static final Header METHODS =
            HeaderValues.createCached(HeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE");
    private static final Header REQUEST_HEADERS = HeaderValues.createCached(
            HeaderNames.ACCESS_CONTROL_ALLOW_HEADERS,
            "Accept, Authorization, Content-Encoding, Content-Type, Sandpool-Mode, Sandpool-Options, X-Argument");
    private static final Header EXPOSED_HEADERS = HeaderValues.createCached(
            HeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, "Location, Retry-After, Sandpool-Run, Server-Timing");
    private static final Header TEN_MINUTES = HeaderValues.createCached(HeaderNames.ACCESS_CONTROL_MAX_AGE, "600");
    private static final HeaderName ASKED_METHOD = HeaderNames.ACCESS_CONTROL_REQUEST_METHOD;

    private volatile CorsSpec spec = CorsSpec.defaults();

    /** From now on. */
    void apply(CorsSpec wanted) {
        spec = wanted;
    }

    /** Before all that could refuse a request: a browser asks without the headers that its page would send. */
    void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        String path = request.prologue().uriPath().path();
        if (!path.equals("/v1") && !path.startsWith("/v1/")) {
            chain.proceed();
            return;
        }
        allow(request, response);
        Optional<ApiPath> known = ApiPath.of(path);
        Method method = request.prologue().method();
        if (known.isEmpty()) {
            ProblemReply.send(
                    request, response, new Problem("not-found", 404, "Not found", "there is no such path below /v1"));
        } else if (method.equals(Method.OPTIONS)) {
            options(known.get(), request, response);
        } else if (!known.get().methods().contains(method.text())) {
            response.header(HeaderValues.create(HeaderNames.ALLOW, known.get().allowed()));
            var problem = new Problem(
                    "method-not-allowed",
                    405,
                    "Method not allowed",
                    "here can be used: " + known.get().allowed());
            ProblemReply.send(request, response, problem);
        } else {
            chain.proceed();
        }
    }

    /** Whether pages of that origin may open a WebSocket, which no browser would keep them from. */
    boolean allows(String origin) {
        return allowed(spec, origin).isPresent();
    }

    private void allow(ServerRequest request, RoutingResponse response) {
        CorsSpec now = spec;
        if (now.allowedOrigins().isEmpty()) {
            return;
        }
        Optional<String> origin = request.headers().first(HeaderNames.ORIGIN).flatMap(asked -> allowed(now, asked));
        // As it is sent, for whatever answers it, an error's handler perhaps, begins anew with the headers.
        response.beforeSend(() -> {
            response.headers().add(VARY);
            origin.ifPresent(
                    value -> response.header(HeaderValues.create(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, value))
                            .header(EXPOSED_HEADERS));
        });
    }

    private static Optional<String> allowed(CorsSpec spec, String origin) {
        if (spec.allowedOrigins().contains(EVERYBODY)) {
            return Optional.of(EVERYBODY);
        }
        return spec.allowedOrigins().contains(origin) ? Optional.of(origin) : Optional.empty();
    }

    private void options(ApiPath path, ServerRequest request, ServerResponse response) {
        response.status(Status.NO_CONTENT_204).header(HeaderValues.create(HeaderNames.ALLOW, path.allowed()));
        boolean isPreflight = request.headers().contains(ASKED_METHOD)
                && request.headers()
                        .first(HeaderNames.ORIGIN)
                        .flatMap(origin -> allowed(spec, origin))
                        .isPresent();
        if (isPreflight) {
            response.header(METHODS).header(REQUEST_HEADERS).header(TEN_MINUTES);
        }
        GoReply.prepare(request, response);
        response.send();
    }
}
