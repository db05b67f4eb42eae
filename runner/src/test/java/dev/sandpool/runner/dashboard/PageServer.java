package dev.sandpool.runner.dashboard;

import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.dashboard.PoolWatch.Pulse;
import dev.sandpool.runner.http.ClientConnection;
import dev.sandpool.runner.http.ClientConnections;
import dev.sandpool.runner.run.CompletedRun;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http1.Http1Config;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicReference;

/** The page and what it asks for, with a pool and runs that the test makes up. */
final class PageServer implements AutoCloseable {
    private final AtomicReference<Duration> ago = new AtomicReference<>(Duration.ZERO);
    private final RecentRuns recent = new RecentRuns();
    private final RunHistory history = new RunHistory(() -> Instant.now().minus(ago.get()));
    private final AtomicReference<PoolSnapshot> pool = new AtomicReference<>();
    private final AtomicReference<Handler> program = new AtomicReference<>((request, response) -> response.send());
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final PoolWatch watch = new PoolWatch(this::snapshot, InstantSource.system(), Pulse.of(clock));
    private final WebServer server;

    PageServer() {
        poolIs(2, 0, 0);
        var endpoints = new PoolEndpoints(
                this::snapshot,
                recent,
                watch,
                new Callers(new Callers.Means(Optional.empty(), (_, _) -> Optional.empty(), System::nanoTime)));
        server = WebServer.builder()
                .shutdownHook(false)
                .featuresDiscoverServices(false)
                .protocolsDiscoverServices(false)
                .host("127.0.0.1")
                .useNio(false) // as in RunnerServer
                .addConnectionSelector(new ClientConnections(
                        Http1Config.create(), 64, new FairSemaphore(64), new MemoryBudget(1 << 24), System::nanoTime))
                .routing(routing -> {
                    routing.addFilter((chain, request, response) ->
                            ClientConnection.current().handle(chain, request, response));
                    endpoints.routing(routing);
                    routing.post(
                            "/v1/runs", (request, response) -> program.get().handle(request, response));
                })
                .build()
                .start();
    }

    int port() {
        return server.port();
    }

    void poolIs(int warm, int running, int queued) {
        pool.set(new PoolSnapshot(
                "playground",
                "playground-7c9d-x2x5k",
                "a1b2c3d4",
                2,
                warm,
                3,
                "12 runs/min x 1.4 s to start a sandbox, and 1 to spare",
                running,
                0,
                queued,
                16,
                List.of()));
    }

    /** What {@code POST /v1/runs} does from now on. */
    void programIs(Handler handler) {
        program.set(handler);
    }

    /** From the past on towards now: so long ago do the runs that are told next end. */
    void timeIs(Duration before) {
        ago.set(before);
    }

    void ended(CompletedRun run) {
        recent.ended(run);
        history.ended(run);
        watch.ended(run);
    }

    private PoolSnapshot snapshot() {
        PoolSnapshot now = pool.get();
        return new PoolSnapshot(
                now.pool(),
                now.runner(),
                now.revision(),
                now.workers(),
                now.warm(),
                now.warmWanted(),
                now.warmReason(),
                now.running(),
                now.starting(),
                now.queued(),
                now.queueDepth(),
                history.buckets());
    }

    @Override
    public void close() {
        watch.close();
        server.stop();
        clock.shutdownNow();
    }
}
