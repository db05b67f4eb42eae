package dev.sandpool.runner;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.sandpool.crds.Durations;
import dev.sandpool.crds.PoolRules;
import dev.sandpool.runner.admission.Admission;
import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.api.Cors;
import dev.sandpool.runner.api.RunEndpoints;
import dev.sandpool.runner.api.RunHandler;
import dev.sandpool.runner.api.RunsHandler;
import dev.sandpool.runner.api.live.LiveHandler;
import dev.sandpool.runner.config.ListenAddress;
import dev.sandpool.runner.config.RunnerConfig;
import dev.sandpool.runner.dashboard.PoolEndpoints;
import dev.sandpool.runner.dashboard.PoolSnapshot;
import dev.sandpool.runner.dashboard.PoolWatch;
import dev.sandpool.runner.dashboard.RecentRuns;
import dev.sandpool.runner.dashboard.RunHistory;
import dev.sandpool.runner.http.ClientConnections;
import dev.sandpool.runner.http.ClientEncodings;
import dev.sandpool.runner.http.GoErrors;
import dev.sandpool.runner.http.RequestHead;
import dev.sandpool.runner.http.RequestLine;
import dev.sandpool.runner.run.ActiveRuns;
import dev.sandpool.runner.run.AnswerCache;
import dev.sandpool.runner.run.Drain;
import dev.sandpool.runner.run.RunListener;
import dev.sandpool.runner.run.RunService;
import dev.sandpool.runner.run.SpoolDisk;
import dev.sandpool.runner.run.StalledUploadMonitor;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.Succession;
import dev.sandpool.runner.sandbox.TokenReviewer;
import dev.sandpool.runner.sandbox.kubernetes.LoadReport;
import dev.sandpool.runner.sandbox.pool.WarmPool;
import dev.sandpool.runner.telemetry.RunnerMetrics;
import io.helidon.common.socket.SocketOptions;
import io.helidon.webserver.ErrorHandling;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http1.Http1Config;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two sockets of a runner: one for requests, and one for probes and metrics, which an overload of the first cannot
 * starve.
 */
public final class RunnerServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunnerServer.class);
    private static final String ADMIN = "admin";
    private static final int MOST_ADMIN_CONNECTIONS = 64;
    // These connections are accepted only to be refused with a response.
    private static final int MOST_REFUSED_AT_ONCE = 256;
    private static final Duration LOOK_FOR_LATE_EVERY = Duration.ofMillis(250);
    // Load balancers and Go's client close idle connections after 60 or 90 seconds. The client should close first.
    private static final Duration IDLE = Duration.ofMinutes(3);
    private static final Duration LOOK_FOR_IDLE_EVERY = Duration.ofSeconds(30);
    private static final int WRITE_BUFFER = 32 * 1024;
    // When the server stops, only idle connections are left.
    private static final Duration GRACE = Duration.ofMillis(500);

    private final RunnerConfig config;
    private final WarmPool pool;
    // No request is admitted until there are settings.
    private final Admission admission = new Admission(0, 0, Duration.ZERO);
    private final Callers callers;
    private final Drain drain = new Drain();
    private final HeapShares heap;
    private final HttpClock clock;
    private final StalledUploadMonitor stalledUploads;
    private final RunnerMetrics metrics;
    private final Cors cors;
    private final ClientConnections connections;
    private final ClientConnections adminConnections;
    private final RunHistory history = new RunHistory(InstantSource.system());
    private final RecentRuns recent = new RecentRuns();
    private final PoolWatch watch;
    private volatile int queueDepth;
    private final WebServer server;

    /**
     * @param waitingFor why the pool has no settings yet; empty when it has
     * @param listener receives each run that is over
     */
    RunnerServer(
            RunnerConfig config,
            WarmPool pool,
            TokenReviewer reviewer,
            Supplier<Optional<String>> waitingFor,
            RunListener listener,
            PrometheusMeterRegistry registry) {
        this(config, pool, reviewer, waitingFor, listener, registry, HeapShares.ofThisProcess(), new HttpClock());
    }

    /** @param clock closed with the server */
    RunnerServer(
            RunnerConfig config,
            WarmPool pool,
            TokenReviewer reviewer,
            Supplier<Optional<String>> waitingFor,
            RunListener listener,
            PrometheusMeterRegistry registry,
            HeapShares heap,
            HttpClock clock) {
        this.config = config;
        this.pool = pool;
        this.heap = heap;
        this.clock = clock;
        watch = new PoolWatch(this::snapshot, InstantSource.system(), PoolWatch.Pulse.of(clock));
        cors = new Cors(config.hosts());
        var memory = new MemoryBudget(heap.bodies());
        metrics = new RunnerMetrics(registry, admission, memory);
        callers = new Callers(new Callers.Means(config.tokensDirectory(), reviewer, System::nanoTime));
        stalledUploads = new StalledUploadMonitor(admission, clock);
        var active = new ActiveRuns();
        var answers = new AnswerCache(memory, heap.keptAnswers(), System::nanoTime);
        var services = new RunService.Services(
                pool,
                callers,
                admission,
                stalledUploads,
                drain,
                new FairSemaphore(heap.pendingUploads()),
                new FairSemaphore(heap.optionPieces()),
                memory,
                active,
                answers);
        List<RunListener> listeners = List.of(metrics, recent, history, watch, listener);
        var disk = new SpoolDisk(config.spoolDirectory(), config.spoolBytes());
        var runs = new RunService(services, disk, clock, metrics::bytesOut, listeners);
        var probes = new Probes(pool::state, waitingFor, drain);
        var mainSide = new MainEndpoints(
                new RunHandler(runs),
                new RunsHandler(runs),
                new LiveHandler(runs, heap.liveRuns()),
                new RunEndpoints(runs),
                new PoolEndpoints(this::snapshot, recent, watch, callers),
                probes,
                drain,
                metrics,
                cors);
        var adminSide = new AdminEndpoints(probes, registry, this::isListening);
        var headPieces = new FairSemaphore(heap.headPieces());
        connections = new ClientConnections(http1(), mostConnections(), headPieces, memory, clock::nanoTime);
        // Separate permits for probes, so that the main socket takes nothing from them.
        adminConnections = new ClientConnections(
                http1(), MOST_ADMIN_CONNECTIONS, new FairSemaphore(MOST_ADMIN_CONNECTIONS), memory, clock::nanoTime);
        server = server(mainSide, adminSide);
    }

    /** Applies new settings to the admission of runs and to the pool. */
    public void apply(PoolSettings settings) {
        pool.apply(settings);
        PoolRules rules = settings.rules();
        callers.apply(rules.callers(), rules.authentication());
        admission.limit(rules.callers());
        cors.apply(rules.cors());
        queueDepth = affordable(rules.queueDepth());
        admission.resize(rules.workers(), queueDepth, Durations.parse(rules.queueTimeout()));
    }

    private int affordable(int depth) {
        int most = heap.queue();
        if (depth > most) {
            LOG.atWarn()
                    .addKeyValue("depth", depth)
                    .addKeyValue("most", most)
                    .log("the queue is shorter than queue.depth: a longer one needs more memory for the runner");
        }
        return Math.min(depth, most);
    }

    /** Returns the counters for the pool's status. */
    LoadReport served() {
        return new LoadReport(admission.waiting(), metrics.counts());
    }

    private PoolSnapshot snapshot() {
        return PoolSnapshot.of(
                Backends.names(config), pool.state(), admission.waiting(), queueDepth, history.buckets());
    }

    /** Starts to listen, or throws an exception with the address and the reason. */
    void start() {
        // Helidon only logs why it cannot listen.
        config.listen().check();
        config.adminListen().check();
        server.start();
        if (!server.isRunning()) {
            throw new IllegalStateException("cannot listen on " + config.listen() + " and " + config.adminListen());
        }
        stalledUploads.start();
        var _ = clock.scheduleWithFixedDelay(
                () -> {
                    connections.closeLate();
                    adminConnections.closeLate();
                },
                LOOK_FOR_LATE_EVERY.toMillis(),
                LOOK_FOR_LATE_EVERY.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    public int port() {
        return server.port();
    }

    int adminPort() {
        return server.port(ADMIN);
    }

    /** Shuts the service down: see {@link Drain#run}. */
    public void drain(Duration notice, Supplier<Succession> successors) throws InterruptedException {
        Duration runTimeout = pool.limits().map(SandboxLimits::runTimeout).orElse(Duration.ZERO);
        // Viewers of the page reconnect to another runner, while waiting requests are still served here.
        watch.close();
        drain.run(notice, runTimeout, config.drainTimeout(), successors, () -> {
            connections.closeUnused();
            adminConnections.closeUnused();
        });
    }

    @Override
    public void close() {
        watch.close();
        server.stop();
        clock.shutdownNow();
    }

    private boolean isListening() {
        return new ListenAddress(config.listen().host(), port()).isListening();
    }

    private WebServer server(MainEndpoints mainSide, AdminEndpoints adminSide) {
        WebServerConfig.Builder builder = WebServer.builder()
                .shutdownHook(false)
                .featuresDiscoverServices(false)
                .routing(mainSide::routing)
                .maxTcpConnections(mostConnections() + MOST_REFUSED_AT_ONCE)
                .putSocket(
                        ADMIN,
                        admin -> socket(admin, config.adminListen(), adminConnections)
                                .routing(adminSide::routing)
                                .maxTcpConnections(MOST_ADMIN_CONNECTIONS + MOST_REFUSED_AT_ONCE));
        return socket(builder, config.listen(), connections).build();
    }

    private static <B extends ListenerConfig.BuilderBase<B, ?>> B socket(
            B builder, ListenAddress address, ClientConnections connections) {
        return builder.host(address.host())
                .port(address.port())
                .protocolsDiscoverServices(false)
                .addConnectionSelector(connections)
                .idleConnectionTimeout(IDLE)
                .idleConnectionPeriod(LOOK_FOR_IDLE_EVERY)
                .shutdownGracePeriod(GRACE)
                .writeBufferSize(WRITE_BUFFER)
                .contentEncoding(new ClientEncodings())
                .directHandlers(GoErrors.handlers())
                .errorHandling(ErrorHandling.builder().includeEntity(true).build())
                .useNio(false) // its way to read more than 8 KiB at a time loses bytes, in Helidon 4.5.0
                .connectionOptions(SocketOptions.builder().tcpNoDelay(true).build());
    }

    /**
     * Returns the maximum number of connections: what the heap allows, and at most half of the file descriptors. The
     * other half is for sandboxes, spool files, the admin socket, and refused connections. Without a free file
     * descriptor accept fails, and then Helidon stops listening for good, so that must not happen.
     */
    private int mostConnections() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? Math.clamp(unix.getMaxFileDescriptorCount() / 2, 16, heap.connections())
                : heap.connections();
    }

    @SuppressWarnings("removal") // the switch is removed in Helidon's next major version; HTTP/1.0 has no Host header
    private static Http1Config http1() {
        return Http1Config.builder()
                .maxPrologueLength(RequestLine.MOST_BYTES)
                .validatePrologue(false) // it would check the query, which the endpoint reads: Go's server accepts any
                .maxHeadersSize(RequestHead.MOST_HEADER_BYTES)
                .sendKeepAliveHeader(false)
                .validateRequestHostHeader(false)
                .build();
    }
}
