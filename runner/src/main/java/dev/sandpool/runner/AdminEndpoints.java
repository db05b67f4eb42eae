package dev.sandpool.runner;

import dev.sandpool.runner.http.ClientConnection;
import dev.sandpool.runner.http.PlainTextResponse;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The endpoints for Kubernetes and Prometheus. */
final class AdminEndpoints {
    private static final Header METRICS =
            HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");

    private final Probes probes;
    private final PrometheusMeterRegistry registry;
    private final BooleanSupplier listening;

    /** @param listening whether the main socket still listens */
    AdminEndpoints(Probes probes, PrometheusMeterRegistry registry, BooleanSupplier listening) {
        this.probes = probes;
        this.registry = registry;
        this.listening = listening;
    }

    void routing(HttpRouting.Builder routing) {
        routing.addFilter(
                        (chain, request, response) -> ClientConnection.current().handle(chain, request, response))
                .get("/livez", this::alive)
                .get("/readyz", this::ready)
                .get("/metrics", this::metrics);
    }

    private void alive(ServerRequest request, ServerResponse response) {
        if (listening.getAsBoolean()) {
            PlainTextResponse.text(request, response, 200, "OK\n");
        } else {
            PlainTextResponse.text(request, response, 500, "the server for runs has stopped\n");
        }
    }

    private void ready(ServerRequest request, ServerResponse response) {
        Optional<String> unreadiness = probes.unreadiness();
        PlainTextResponse.text(request, response, unreadiness.isPresent() ? 503 : 200, unreadiness.orElse("OK") + "\n");
    }

    private void metrics(ServerRequest request, ServerResponse response) {
        PlainTextResponse.prepare(request, response);
        response.header(METRICS).send(registry.scrape());
    }
}
