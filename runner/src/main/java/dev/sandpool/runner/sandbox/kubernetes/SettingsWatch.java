package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.RunnerSettings;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.PoolState.StartFailure;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the ConfigMap with the pool's settings. Settings that cannot be used are reported and tried again, and the
 * settings before stay in force. A PodTemplate may appear after the settings that name it.
 */
final class SettingsWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SettingsWatch.class);

    private static final long FIRST_PAUSE_MILLIS = 100;

    // Only invalid settings are read again at this interval: a GET of a small object.
    private static final long LONGEST_PAUSE_MILLIS = 10_000;

    private final String configMap;
    private final RevisionReader reader;
    private final SharedIndexInformer<ConfigMap> informer;
    private final Semaphore news = new Semaphore(0);
    private final Thread worker = Thread.ofVirtual().name("pool-settings").unstarted(this::work);
    private volatile Consumer<PoolSettings> told = settings -> {};
    private volatile @Nullable ConfigMap latest;
    private volatile @Nullable PoolSettings inForce;
    private volatile @Nullable String target;
    private volatile @Nullable StartFailure problem;

    SettingsWatch(RunnerIdentity runner, KubernetesClient client) {
        this.configMap = PoolNames.settings(runner.pool());
        this.reader = new RevisionReader(client, runner);
        this.informer = client.configMaps()
                .inNamespace(runner.namespace())
                .withName(configMap)
                .runnableInformer(0);
        informer.addEventHandler(new Watch());
        informer.exceptionHandler((started, failure) -> watchFailed(failure));
    }

    void follow(Consumer<PoolSettings> listener) {
        told = listener;
        worker.start();
        var _ = informer.start();
    }

    Optional<String> waitingFor() {
        if (inForce != null) {
            return Optional.empty();
        }
        StartFailure now = problem;
        return Optional.of("no settings yet: "
                + (now == null
                        ? "ConfigMap " + configMap + " does not exist, or has not been seen yet"
                        : now.message()));
    }

    /** Returns the revision that was requested last, whether or not it could be read. */
    Optional<String> target() {
        return Optional.ofNullable(target);
    }

    /** Returns why the requested settings are not in force. */
    Optional<StartFailure> problem() {
        return Optional.ofNullable(problem);
    }

    private void work() {
        long pause = 0;
        try {
            while (true) {
                if (pause == 0) {
                    news.acquire();
                } else {
                    pause = news.tryAcquire(
                                    pause / 2 + ThreadLocalRandom.current().nextLong(pause), TimeUnit.MILLISECONDS)
                            ? 0
                            : pause;
                }
                var _ = news.drainPermits();
                pause = takenUp() ? 0 : Math.clamp(pause * 2, FIRST_PAUSE_MILLIS, LONGEST_PAUSE_MILLIS);
            }
        } catch (InterruptedException e) {
            LOG.debug("no longer watches the settings"); // closed
        }
    }

    private boolean takenUp() {
        ConfigMap now = latest;
        if (now == null) {
            return true;
        }
        RunnerSettings asked;
        try {
            asked = reader.settings(now.getData() == null ? null : now.getData().get(RunnerSettings.KEY));
        } catch (IllegalArgumentException e) {
            // A person has to fix it, as with requests that the API server refuses.
            cannotUse(Reason.FORBIDDEN, String.valueOf(e.getMessage()));
            return false;
        }
        target = asked.revision();
        try {
            putInForce(reader.pool(asked), asked);
            problem = null;
            return true;
        } catch (IllegalArgumentException e) {
            cannotUse(Reason.FORBIDDEN, String.valueOf(e.getMessage()));
        } catch (KubernetesClientException e) {
            cannotUse(PodApi.reason(e), "PodTemplate of revision " + target + ": " + PodApi.message(e));
        }
        if (inForce == null) {
            reader.stableAlone(asked).ifPresent(settings -> putInForce(settings, asked));
        }
        return false;
    }

    private void putInForce(PoolSettings settings, RunnerSettings asked) {
        if (!settings.equals(inForce)) {
            LOG.atInfo().addKeyValue("settings", asked).log("new settings");
            told.accept(settings);
            inForce = settings;
        }
    }

    private void cannotUse(Reason reason, String what) {
        String message = "ConfigMap " + configMap + ": " + what;
        StartFailure before = problem;
        if (before != null && before.message().equals(message)) {
            return;
        }
        LOG.atWarn().addKeyValue("problem", message).log("the settings cannot be used; the previous ones stay in use");
        Instant since = before != null && before.reason() == reason ? before.since() : Instant.now();
        problem = new StartFailure(target().orElse(""), reason, message, since);
    }

    /** The watch is always tried again. Once there are settings, an API server that is away is not reported. */
    private boolean watchFailed(Throwable failure) {
        if (inForce == null) {
            Throwable cause = failure instanceof KubernetesClientException || failure.getCause() == null
                    ? failure
                    : failure.getCause();
            cannotUse(
                    cause instanceof KubernetesClientException e ? PodApi.reason(e) : Reason.API_SERVER,
                    String.valueOf(cause.getMessage()));
        } else {
            LOG.atDebug().setCause(failure).log("the watch of the settings failed and is tried again");
        }
        return true;
    }

    @Override
    public void close() {
        informer.stop();
        worker.interrupt();
    }

    /** The informer's threads must not block, so no method here does. */
    private final class Watch implements ResourceEventHandler<ConfigMap> {
        @Override
        public void onAdd(ConfigMap seen) {
            latest = seen;
            news.release();
        }

        @Override
        public void onUpdate(ConfigMap before, ConfigMap seen) {
            onAdd(seen);
        }

        @Override
        public void onDelete(ConfigMap gone, boolean finalStateUnknown) {
            // The pool is being deleted, or the operator creates the object again. The runner serves until it receives
            // a signal to end.
            LOG.atInfo()
                    .addKeyValue("configMap", configMap)
                    .log("the settings do not exist any more; the previous ones stay in use");
        }
    }
}
