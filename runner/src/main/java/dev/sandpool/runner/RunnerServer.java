package dev.sandpool.runner;

import dev.sandpool.runner.RunnerMetrics.CodeClass;
import dev.sandpool.runner.sandbox.WarmPool;
import io.helidon.common.socket.SocketOptions;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ErrorHandling;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The two sockets: requests come in at one; probes and metrics at the other, which no overload of the first can starve. */
final class RunnerServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunnerServer.class);
    private static final String ADMIN = "admin";
    // All arguments must fit into one START frame of 64 KiB, with room for the rest of it. More is answered by 431.
    private static final int MOST_HEADER_BYTES = 60 * 1024;
    // Helidon stops listening for good when accept fails, as it does when no file descriptor is left: so it must not
    // come to that.
    // Each connection is one, each run has a few more, and the admin socket needs some that are its own.
    private static final int MOST_CONNECTIONS = 4096;
    private static final int MOST_ADMIN_CONNECTIONS = 64;
    // An eighth of the heap for all that is held in memory of bodies and outputs; the rest of them is on disk or in the
    // sockets.
    private static final int SHARE_OF_HEAP = 8;
    private static final int WRITE_BUFFER = 32 * 1024;
    // Nothing is under way any more when the server stops, but for connections that wait for their next request.
    private static final Duration GRACE = Duration.ofMillis(500);

    private final RunnerConfig config;
    private final Drain drain = new Drain();
    private final Admission admission;
    private final StallWatch stalls;
    private final Probes probes;
    private final RunnerMetrics metrics;
    private final PrometheusMeterRegistry registry;
    private final RunHandler runs;
    private final WebServer server;

    RunnerServer(RunnerConfig config, WarmPool pool, PrometheusMeterRegistry registry) {
        this.config = config;
        this.registry = registry;
        admission = new Admission(config.workers(), config.queueDepth(), config.queueTimeout());
        stalls = new StallWatch(admission);
        probes = new Probes(pool, drain);
        metrics = new RunnerMetrics(registry, admission);
        var memory = new MemoryBudget(Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
        runs = new RunHandler(
                new RunAttempt.Services(pool, admission, stalls, drain, config),
                config.spoolDirectory(),
                memory,
                metrics);
        server = server(memory);
    }

    /** Listens, or fails with the address and the reason. */
    void start() {
        // Helidon only logs why it cannot listen.
        config.listen().check();
        config.adminListen().check();
        server.start();
        if (!server.isRunning()) {
            throw new IllegalStateException("cannot listen on " + config.listen() + " and " + config.adminListen());
        }
        stalls.start();
    }

    int port() {
        return server.port();
    }

    int adminPort() {
        return server.port(ADMIN);
    }

    /** Ends the service: see {@link Drain#run}. */
    void drain(Duration notice) throws InterruptedException {
        drain.run(notice, config.drainTimeout());
    }

    @Override
    public void close() {
        server.stop();
        stalls.close();
    }

    private WebServer server(MemoryBudget memory) {
        var connections = new ClientConnections(http1(), memory);
        WebServerConfig.Builder builder = WebServer.builder()
                .shutdownHook(false)
                .featuresDiscoverServices(false)
                .routing(this::mainRouting)
                .maxTcpConnections(MOST_CONNECTIONS)
                .putSocket(
                        ADMIN,
                        admin -> socket(admin, config.adminListen(), connections)
                                .routing(this::adminRouting)
                                .maxTcpConnections(MOST_ADMIN_CONNECTIONS));
        return socket(builder, config.listen(), connections).build();
    }

    private static <B extends ListenerConfig.BuilderBase<B, ?>> B socket(
            B builder, ListenAddress address, ClientConnections connections) {
        return builder.host(address.host())
                .port(address.port())
                .protocolsDiscoverServices(false)
                .addConnectionSelector(connections)
                .shutdownGracePeriod(GRACE)
                .writeBufferSize(WRITE_BUFFER)
                .directHandlers(GoErrors.handlers())
                .errorHandling(ErrorHandling.builder().includeEntity(true).build())
                .connectionOptions(SocketOptions.builder().tcpNoDelay(true).build());
    }

    private static Http1Config http1() {
        return Http1Config.builder()
                .maxHeadersSize(MOST_HEADER_BYTES)
                .sendKeepAliveHeader(false)
                .build();
    }

    private void mainRouting(HttpRouting.Builder routing) {
        routing.addFilter(this::closing)
                .addFilter(this::counting)
                .error(Throwable.class, this::bug)
                .any("/run", runs)
                .any("/health", this::health)
                .any("/healthz", this::health)
                .any("/", (request, response) -> GoReply.text(request, response, 200, "Hi from sandbox\n"))
                .any((request, response) -> GoReply.error(request, response, 404, "404 page not found"));
    }

    private void adminRouting(HttpRouting.Builder routing) {
        routing.addFilter(this::closing)
                .get("/livez", (request, response) -> GoReply.text(request, response, 200, "OK\n"))
                .get("/readyz", this::ready)
                .get("/metrics", this::metrics);
    }

    private void health(ServerRequest request, ServerResponse response) {
        Optional<String> sickness = probes.sickness();
        if (sickness.isPresent()) {
            GoReply.text(request, response, 500, "health check failure: " + sickness.get() + "\n");
        } else {
            GoReply.text(request, response, 200, "OK\n");
        }
    }

    private void ready(ServerRequest request, ServerResponse response) {
        Optional<String> unreadiness = probes.unreadiness();
        GoReply.text(request, response, unreadiness.isPresent() ? 503 : 200, unreadiness.orElse("OK") + "\n");
    }

    private void metrics(ServerRequest request, ServerResponse response) {
        response.header(HeaderValues.create("Content-Type", "text/plain; version=0.0.4; charset=utf-8"));
        response.send(registry.scrape());
    }

    /** Ends the connection when it can't be used again, which Helidon leaves to the client. */
    private void closing(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        if (drain.stage() != Drain.Stage.SERVING) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        chain.proceed();
        if (!request.content().consumed()) {
            ClientConnection.current().linger();
            throw new CloseConnectionException("the request was refused before its end");
        }
        if (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)
                || response.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
            throw new CloseConnectionException("the last request of this connection");
        }
    }

    private void counting(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        boolean answered = false;
        try {
            chain.proceed();
            answered = true;
        } finally {
            metrics.answered(answered ? CodeClass.of(response.status().code()) : CodeClass.NONE);
        }
    }

    private void bug(ServerRequest request, ServerResponse response, Throwable bug) {
        LOG.atError().setCause(bug).log("a request failed");
        GoReply.error(request, response, 500, "internal error");
    }
}
