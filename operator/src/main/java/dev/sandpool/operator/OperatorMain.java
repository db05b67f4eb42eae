package dev.sandpool.operator;

import dev.sandpool.crds.SandboxPool;
import dev.sandpool.log.LogFormat;
import dev.sandpool.operator.cluster.ApiServer;
import dev.sandpool.operator.cluster.CompactStore;
import dev.sandpool.operator.cluster.EventRecorder;
import dev.sandpool.operator.cluster.Trimmed;
import dev.sandpool.operator.objects.Installation;
import dev.sandpool.operator.pool.PoolReconciler;
import dev.sandpool.operator.sweep.Leaks;
import dev.sandpool.operator.sweep.Sweep;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.rate.LinearRateLimiter;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts an operator, and stops it on a signal or when another one becomes the leader. */
public final class OperatorMain {
    private static final String LEASE = "sandpool-operator";
    // If a leader was killed, a successor takes over within this time and one retry after the last renewal.
    private static final Duration LEASE_DURATION = Duration.ofSeconds(10);
    private static final Duration RENEW_DEADLINE = Duration.ofSeconds(7);
    private static final Duration RETRY_PERIOD = Duration.ofSeconds(2);

    // Each runner updates its entry every two seconds at most. With many runners, the pool's sums follow at this rate.
    private static final LinearRateLimiter PACE = new LinearRateLimiter(Duration.ofSeconds(2), 2);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(60);
    // The number of parallel reconciliations. Each inspects the objects of a pool, mostly in memory, so one that waits
    // for the API server delays few others.
    private static final int RECONCILERS = 10;
    private static final Duration LAST_WORK = Duration.ofSeconds(5);

    private final OperatorConfig config;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final OperatorMetrics metrics = new OperatorMetrics(registry);
    private final KubernetesClient client = new KubernetesClientBuilder()
            .withConfig(new ConfigBuilder(Config.autoConfigure(null))
                    .withRequestTimeout(10_000)
                    .withConnectionTimeout(10_000)
                    // Five tries within 1.5 s. With the client's own ten, each object that a broken webhook refuses
                    // (status 500) held a reconciler for 20 s, and reconciliations are tried again anyway. One try
                    // would be too few at the start: an API server that starts answers 503 for a moment.
                    .withRequestRetryBackoffLimit(4)
                    .build())
            .build();
    private final Leaks leaks = new Leaks();
    private final ApiServerAddresses apiServer = new ApiServerAddresses(client, System.getenv());
    private final EventRecorder events;
    private final Sweep sweep;
    private final TokenReviewers tokenReviewers;
    private final Operator operator;
    private final OperatorServer server;
    private volatile boolean ending;

    private OperatorMain(OperatorConfig config) {
        this.config = config;
        var clock = InstantSource.system();
        this.events = new EventRecorder(client, config.podName(), clock);
        this.tokenReviewers = new TokenReviewers(client, config.namespaces());
        this.sweep = new Sweep(client, config.namespaces(), leaks, events, metrics.sweeps(), clock);
        this.operator = new Operator(settings -> settings.withKubernetesClient(client)
                .withLeaderElectionConfiguration(leaderElection())
                .withConcurrentReconciliationThreads(RECONCILERS)
                .withReconciliationTerminationTimeout(LAST_WORK)
                .checkingCRDAndValidateLocalModel(false)
                .withStopOnInformerErrorDuringStartup(true)
                .withCloseClientOnStop(false));
        this.server = new OperatorServer(config, registry, this::unreadiness);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    public static void main(String[] arguments) {
        OperatorLog.configure(LogFormat.TEXT);
        try {
            var config = OperatorConfig.read(System.getenv());
            OperatorLog.configure(config.logFormat());
            new OperatorMain(config).start();
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        } catch (RuntimeException e) {
            log().error("the operator could not start", e);
            Runtime.getRuntime().halt(1); // exit would call stop(), which ends with 0
        }
    }

    /** Not a constant, which would be created before the log is configured. */
    private static Logger log() {
        return LoggerFactory.getLogger(OperatorMain.class);
    }

    private void start() {
        log().atInfo().addKeyValue("settings", config).log("starting");
        server.start();
        apiServer.start(this::lookAtAll);
        var reconciler = new PoolReconciler(
                () -> new Installation(config.runnerImage(), apiServer.now()),
                leaks,
                events,
                metrics.pools(),
                InstantSource.system());
        operator.register(reconciler, controller -> {
            controller
                    .withFieldManager(ApiServer.FIELD_MANAGER)
                    // The runners' entries in the status are changes too.
                    .withGenerationAware(false)
                    .withRateLimiter(PACE)
                    .withRetry(new GenericRetry()
                            .setInitialInterval(FIRST_RETRY.toMillis())
                            .setIntervalMultiplier(2)
                            .setMaxInterval(LONGEST_RETRY.toMillis())
                            .withoutMaxAttempts());
            controller.withInformerListLimit(ApiServer.LIST_LIMIT);
            if (config.namespaces().isEmpty()) {
                controller.watchingAllNamespaces();
            } else {
                controller.settingNamespaces(config.namespaces());
            }
            if (config.namespaces().size() < 2) {
                controller.withItemStore(
                        new CompactStore<>(SandboxPool.class, client.getKubernetesSerialization(), Trimmed::pool));
            }
        });
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(this::stop));
        operator.start();
        log().info("started; waiting to lead, or leading");
    }

    private LeaderElectionConfiguration leaderElection() {
        return LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(LEASE)
                .withLeaseNamespace(config.namespace())
                .withIdentity(config.podName())
                .withLeaseDuration(LEASE_DURATION)
                .withRenewDeadline(RENEW_DEADLINE)
                .withRetryPeriod(RETRY_PERIOD)
                .withLeaderCallbacks(new LeaderCallbacks(
                        this::leads,
                        this::leadsNoMore,
                        leader -> log().atInfo().addKeyValue("leader", leader).log("this one leads")))
                // False, because its own way to end waits for itself when the process is ending already. Only the name
                // of the method refers to tests.
                .buildForTest(false);
    }

    private void leads() {
        metrics.leads(true);
        sweep.start();
        tokenReviewers.start();
    }

    /**
     * Ends the process without another write, since another operator may lead from now on. Kubernetes starts it again.
     */
    private void leadsNoMore() {
        metrics.leads(false);
        if (!ending) {
            log().warn("this operator leads no more, and ends");
            Runtime.getRuntime().halt(1);
        }
    }

    private void lookAtAll() {
        leaks.pools().map(ResourceID::fromResource).forEach(leaks::lookAt);
    }

    private Optional<String> unreadiness() {
        if (ending) {
            return Optional.of("shutting down");
        }
        return operator.getRuntimeInfo().isStarted() ? Optional.empty() : Optional.of("not started yet");
    }

    /** Stops everything in order. The process ends with status 0, because it was asked to end. */
    private void stop() {
        ending = true;
        log().info("ending");
        try {
            sweep.close();
            tokenReviewers.close();
            operator.stop();
            release();
            apiServer.close();
            client.close();
            server.close();
            log().info("ended");
        } catch (RuntimeException e) {
            log().error("did not end cleanly", e);
        } finally {
            Runtime.getRuntime().halt(0);
        }
    }

    /**
     * Releases the lease, so that another operator does not have to wait until it expires. The framework promises this,
     * but does not do it.
     */
    private void release() {
        var lease = client.leases().inNamespace(config.namespace()).withName(LEASE);
        var held = lease.get();
        if (held != null && config.podName().equals(held.getSpec().getHolderIdentity())) {
            held.getSpec().setHolderIdentity("");
            var _ = lease.patch(held);
        }
    }
}
