package dev.sandpool.runner.api;

import dev.sandpool.crds.CorsSpec;
import dev.sandpool.runner.config.HostNames;
import dev.sandpool.runner.http.PlainTextResponse;
import dev.sandpool.runner.http.ProblemReply;
import dev.sandpool.runner.run.Problem;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A filter before all endpoints. It refuses what pages of other origins send, informs browsers which pages may use
 * {@code /v1}, and answers OPTIONS. Credentials of browsers are never allowed: a client authenticates with a header
 * that its page sets. Helidon's own module reads its origins at the start, and here they change while the runner
 * serves.
 */
public final class Cors {
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

    private static final HeaderName FORWARDED_HOST = HeaderNames.create("X-Forwarded-Host");
    private static final HeaderName FETCH_SITE = HeaderNames.create("Sec-Fetch-Site");
    // These run nothing and reveal nothing about a caller. All other paths are guarded, also future ones.
    private static final Set<String> FOR_ALL = Set.of("/", "/health", "/healthz", "/openapi.yaml", "/ui");
    private static final String PAGE = "/ui/";

    private final HostNames names;
    private volatile CorsSpec spec = CorsSpec.defaults();

    Cors() {
        this(HostNames.ANY);
    }

    /** @param names the names under which requests may come */
    public Cors(HostNames names) {
        this.names = names;
    }

    /** Applies new settings. */
    public void apply(CorsSpec wanted) {
        spec = wanted;
    }

    /**
     * Runs before everything that may refuse a request: a browser's preflight request lacks the headers that its page
     * would send.
     */
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        String path = request.prologue().uriPath().path();
        boolean below = path.equals("/v1") || path.startsWith("/v1/");
        if (below) {
            allow(request, response);
        }
        Optional<Problem> refusal = isGuarded(path, request) ? refusal(request.headers()) : Optional.empty();
        if (refusal.isPresent() && below) {
            ProblemReply.send(request, response, refusal.get());
        } else if (refusal.isPresent()) {
            PlainTextResponse.error(
                    request, response, refusal.get().status(), refusal.get().detail());
        } else if (below) {
            known(path, chain, request, response);
        } else {
            chain.proceed();
        }
    }

    /**
     * Returns whether the request must be checked. A preflight request (OPTIONS) needs no check; its response says
     * which pages may continue.
     */
    private static boolean isGuarded(String path, RoutingRequest request) {
        return !FOR_ALL.contains(path)
                && !path.startsWith(PAGE)
                && !request.prologue().method().equals(Method.OPTIONS);
    }

    private void known(String path, FilterChain chain, RoutingRequest request, RoutingResponse response) {
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

    /**
     * Returns why a request with these headers is refused; empty if it is not. Also for WebSockets, which browsers let
     * pages of any origin open.
     */
    Optional<Problem> refusal(Headers headers) {
        return PageRules.refusal(
                new PageRules.Said(
                        headers.all(HeaderNames.HOST, List::of),
                        headers.all(FORWARDED_HOST, List::of),
                        headers.all(HeaderNames.ORIGIN, List::of),
                        headers.all(FETCH_SITE, List::of)),
                names,
                spec);
    }

    private void allow(ServerRequest request, RoutingResponse response) {
        CorsSpec now = spec;
        if (now.allowedOrigins().isEmpty()) {
            return;
        }
        Optional<String> origin = request.headers().first(HeaderNames.ORIGIN).flatMap(asked -> allowed(now, asked));
        // When it is sent, because an error handler may have replaced the headers.
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
        PlainTextResponse.prepare(request, response);
        response.send();
    }
}
