package dev.sandpool.operator;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerResponse;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Optional;
import java.util.function.Supplier;

/** The endpoints for Kubernetes and Prometheus. It reads no request body, so that a slow client cannot keep it busy. */
final class OperatorServer implements AutoCloseable {
    private static final int MOST_CONNECTIONS = 64;

    private final WebServer server;

    /** @param unreadiness why this operator cannot lead or take over now; empty if it can */
    OperatorServer(OperatorConfig config, PrometheusMeterRegistry registry, Supplier<Optional<String>> unreadiness) {
        HttpRouting.Builder routing = HttpRouting.builder()
                .get("/livez", (_, response) -> text(response, Status.OK_200, "OK\n"))
                .get("/readyz", (_, response) -> {
                    Optional<String> why = unreadiness.get();
                    text(
                            response,
                            why.isPresent() ? Status.SERVICE_UNAVAILABLE_503 : Status.OK_200,
                            why.orElse("OK") + "\n");
                })
                .get("/metrics", (_, response) -> text(response, Status.OK_200, registry.scrape()));
        server = WebServer.builder()
                .host(config.host())
                .port(config.port())
                .maxTcpConnections(MOST_CONNECTIONS)
                .shutdownHook(false)
                .routing(routing)
                .build();
    }

    private static void text(ServerResponse response, Status status, String text) {
        response.status(status)
                .header(HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
                .send(text);
    }

    void start() {
        server.start();
    }

    int port() {
        return server.port();
    }

    @Override
    public void close() {
        server.stop();
    }
}
