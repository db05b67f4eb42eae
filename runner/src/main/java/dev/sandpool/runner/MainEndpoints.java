package dev.sandpool.runner;

import dev.sandpool.runner.api.Cors;
import dev.sandpool.runner.api.OpenApi;
import dev.sandpool.runner.api.RunEndpoints;
import dev.sandpool.runner.api.RunHandler;
import dev.sandpool.runner.api.RunsHandler;
import dev.sandpool.runner.api.live.LiveHandler;
import dev.sandpool.runner.dashboard.PoolEndpoints;
import dev.sandpool.runner.http.ClientConnection;
import dev.sandpool.runner.http.PlainTextResponse;
import dev.sandpool.runner.run.Drain;
import dev.sandpool.runner.telemetry.RunnerMetrics;
import dev.sandpool.runner.telemetry.RunnerMetrics.CodeClass;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The paths of the main socket: those of the Go playground's backend, and {@code /v1}. */
final class MainEndpoints {
    private static final Logger LOG = LoggerFactory.getLogger(MainEndpoints.class);

    private final RunHandler runs;
    private final RunsHandler moreRuns;
    private final LiveHandler live;
    private final RunEndpoints oneRun;
    private final Probes probes;
    private final Drain drain;
    private final RunnerMetrics metrics;
    private final Cors cors;
    private final OpenApi openApi = new OpenApi();
    private final PoolEndpoints pool;

    MainEndpoints(
            RunHandler runs,
            RunsHandler moreRuns,
            LiveHandler live,
            RunEndpoints oneRun,
            PoolEndpoints pool,
            Probes probes,
            Drain drain,
            RunnerMetrics metrics,
            Cors cors) {
        this.runs = runs;
        this.moreRuns = moreRuns;
        this.live = live;
        this.oneRun = oneRun;
        this.probes = probes;
        this.drain = drain;
        this.metrics = metrics;
        this.cors = cors;
        this.pool = pool;
    }

    void routing(HttpRouting.Builder routing) {
        pool.routing(routing);
        routing.get("/v1/runs/live", live);
        oneRun.routing(routing);
        routing.addFilter(this::connection)
                .addFilter(this::counting)
                .addFilter(cors::filter)
                .error(Throwable.class, this::bug)
                .any("/run", runs)
                .post("/v1/runs", moreRuns)
                .any("/openapi.yaml", openApi::answer)
                .any("/health", this::health)
                .any("/healthz", this::health)
                .any("/", (request, response) -> PlainTextResponse.text(request, response, 200, "Hi from sandbox\n"))
                .any((request, response) -> PlainTextResponse.error(request, response, 404, "404 page not found"));
    }

    private void connection(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        // Set when the response is sent and not when the request comes: a run takes seconds, and the connection of one
        // that began before the shutdown must not be kept for another.
        response.beforeSend(() -> {
            if (drain.stage() != Drain.Stage.SERVING) {
                response.header(HeaderValues.CONNECTION_CLOSE);
            }
        });
        ClientConnection.current().handle(chain, request, response);
    }

    private void counting(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        boolean answered = false;
        try {
            if (hasItsHost(request)) {
                chain.proceed();
            } else {
                PlainTextResponse.error(request, response, 400, "400 Bad Request: missing required Host header");
            }
            answered = true;
        } finally {
            if (!ClientConnection.current().isUpgraded()) {
                metrics.answered(answered ? CodeClass.of(response.status().code()) : CodeClass.NONE);
            }
        }
    }

    private static boolean hasItsHost(ServerRequest request) {
        return ClientConnection.current().speaksHttp10()
                || request.headers().all(HeaderNames.HOST, List::of).size() == 1;
    }

    private void health(ServerRequest request, ServerResponse response) {
        Optional<String> sickness = probes.sickness();
        if (sickness.isPresent()) {
            PlainTextResponse.text(request, response, 500, "health check failure: " + sickness.get() + "\n");
        } else {
            PlainTextResponse.text(request, response, 200, "OK\n");
        }
    }

    private void bug(ServerRequest request, ServerResponse response, Throwable bug) {
        LOG.atError().setCause(bug).log("a request failed");
        PlainTextResponse.error(request, response, 500, "internal error");
    }
}
