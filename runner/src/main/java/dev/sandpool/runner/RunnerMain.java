package dev.sandpool.runner;

import dev.sandpool.log.LogFormat;
import dev.sandpool.runner.config.BadConfigException;
import dev.sandpool.runner.config.RunnerConfig;
import dev.sandpool.runner.config.Setting;
import dev.sandpool.runner.sandbox.PoolOwner;
import dev.sandpool.runner.sandbox.Succession;
import dev.sandpool.runner.sandbox.kubernetes.KubernetesPool;
import dev.sandpool.runner.sandbox.pool.WarmPool;
import dev.sandpool.runner.telemetry.RunListeners;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import org.slf4j.LoggerFactory;

/** Starts a runner, and stops it on a signal. */
public final class RunnerMain {
    // In a cluster it takes about this long until no endpoint list and no proxy rule contains a pod that is not ready
    // any more.
    private static final Duration NOTICE = Duration.ofSeconds(3);

    private final RunnerConfig config;
    private final PoolOwner owner;
    private final WarmPool pool;
    private final RunListeners listeners;
    private final RunnerServer server;
    private final JvmGcMetrics gc = new JvmGcMetrics();

    private RunnerMain(RunnerConfig config) {
        var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        this.config = config;
        this.owner = Backends.owner(config);
        this.pool = new WarmPool(owner.sandboxes(), registry);
        this.listeners = new RunListeners(config);
        this.server = new RunnerServer(config, pool, owner.tokenReviewer(), owner::waitingFor, listeners, registry);
        new JvmMemoryMetrics().bindTo(registry);
        gc.bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
    }

    public static void main(String[] arguments) {
        if (List.of(arguments).contains("--help")) {
            help(System.out);
            return;
        }
        try {
            RunnerLog.configure(LogFormat.TEXT);
            var config = RunnerConfig.read(System.getenv(), List.of(arguments));
            RunnerLog.configure(config.telemetry().logFormat());
            new RunnerMain(config).start();
        } catch (BadConfigException e) {
            fail(e.lines());
        } catch (RuntimeException e) {
            fail("sandpool runner: " + oneLine(e));
        }
    }

    private void start() {
        var log = LoggerFactory.getLogger(RunnerMain.class);
        log.info("settings: {}", config.inWords());
        log.info("isolation: {}", owner.sandboxes().isolation());
        startServer();
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(this::stop));
        owner.follow(server::apply);
        pool.open();
        if (owner instanceof KubernetesPool cluster) {
            cluster.report(pool::state, server::served);
        }
        log.info(
                "serving: run http://{}:{} admin http://{}:{}",
                config.listen().host(),
                server.port(),
                config.adminListen().host(),
                server.adminPort());
    }

    private void startServer() {
        try {
            server.start();
        } catch (RuntimeException e) {
            owner.close();
            throw e;
        }
    }

    /** Stops everything in reverse order. The process ends with status 0, because it was asked to end. */
    private void stop() {
        var log = LoggerFactory.getLogger(RunnerMain.class);
        log.info("draining");
        try {
            if (owner instanceof KubernetesPool cluster) {
                server.drain(NOTICE, cluster.succession());
                cluster.endReport();
            } else {
                server.drain(Duration.ZERO, () -> Succession.NONE);
            }
            server.close();
            listeners.close();
            pool.close();
            owner.close();
            gc.close();
            log.info("ended");
        } catch (InterruptedException | RuntimeException e) {
            log.error("did not end cleanly", e);
        } finally {
            Runtime.getRuntime().halt(0);
        }
    }

    private static void help(PrintStream out) {
        out.println("usage: runner [--name=value]...   each can be set by its environment variable too");
        for (Setting setting : Setting.values()) {
            out.printf("  %-20s %-26s %s%n", setting.flag(), setting.variable(), meaning(setting));
        }
    }

    private static String meaning(Setting setting) {
        return setting.defaultText().isEmpty()
                ? setting.meaning()
                : setting.meaning() + "; default: " + setting.defaultText();
    }

    private static String oneLine(Throwable thrown) {
        Throwable cause = thrown.getCause();
        String own = thrown.getMessage() == null ? thrown.getClass().getSimpleName() : thrown.getMessage();
        return cause == null || own.contains(String.valueOf(cause.getMessage())) ? own : own + ": " + oneLine(cause);
    }

    private static void fail(String lines) {
        System.err.println(lines);
        System.exit(1);
    }
}
