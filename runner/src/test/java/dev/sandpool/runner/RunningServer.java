package dev.sandpool.runner;

import dev.sandpool.runner.config.BadConfigException;
import dev.sandpool.runner.config.RunnerConfig;
import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.Sandboxes;
import dev.sandpool.runner.sandbox.TokenReviewer;
import dev.sandpool.runner.sandbox.pool.WarmPool;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A whole server in this process, over fake sandboxes. */
public final class RunningServer implements AutoCloseable {
    private static final TokenReviewer NOBODY = (_, _) -> {
        throw new TokenReviewer.NotReviewedException("there is no cluster");
    };

    public final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    public final RunnerServer server;
    /** The runs that are over. */
    public final Queue<CompletedRun> ended = new ConcurrentLinkedQueue<>();

    public final PoolSettings settings;
    private final WarmPool pool;

    public RunningServer(Sandboxes sandboxes, String... flags) {
        this(sandboxes, NOBODY, flags);
    }

    public RunningServer(Sandboxes sandboxes, TokenReviewer reviewer, String... flags) {
        this(sandboxes, reviewer, HeapShares.ofThisProcess(), new HttpClock(), flags);
    }

    public RunningServer(Sandboxes sandboxes, HeapShares heap, HttpClock clock, String... flags) {
        this(sandboxes, NOBODY, heap, clock, flags);
    }

    private RunningServer(
            Sandboxes sandboxes, TokenReviewer reviewer, HeapShares heap, HttpClock clock, String... flags) {
        RunnerConfig config = config(flags);
        pool = new WarmPool(sandboxes, registry);
        server = new RunnerServer(config, pool, reviewer, Optional::empty, ended::add, registry, heap, clock);
        if (config.backend() instanceof RunnerConfig.Local local) {
            settings = local.pool();
            server.apply(settings);
        } else {
            throw new IllegalArgumentException("these flags are for local sandboxes");
        }
        server.start();
        pool.open();
    }

    private static RunnerConfig config(String... flags) {
        var all = new ArrayList<>(List.of(
                "--listen=127.0.0.1:0",
                "--admin-listen=127.0.0.1:0",
                // Requests here are written by hand, with any name.
                "--hosts=*",
                "--contained=" + System.getProperty("java.home") + "/bin/java",
                "--workers=2"));
        all.addAll(List.of(flags));
        try {
            return RunnerConfig.read(Map.of(), all);
        } catch (BadConfigException e) {
            throw new IllegalArgumentException(e);
        }
    }

    public RawClient connect() throws IOException {
        return new RawClient(server.port());
    }

    /** One request on a connection of its own. */
    public RawClient.Reply ask(String request) throws IOException {
        try (var client = connect()) {
            return client.ask(request);
        }
    }

    public RawClient.Reply askAdmin(String path) throws IOException {
        try (var client = new RawClient(server.adminPort())) {
            return client.ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        }
    }

    @Override
    public void close() {
        server.close();
        pool.close();
    }
}
