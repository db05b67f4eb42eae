package dev.sandpool.runner.sandbox.kubernetes;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sandpool.runner.sandbox.PoolOwner;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.PoolState;
import dev.sandpool.runner.sandbox.PoolState.StartFailure;
import dev.sandpool.runner.sandbox.Sandboxes;
import dev.sandpool.runner.sandbox.Succession;
import dev.sandpool.runner.sandbox.Timer;
import dev.sandpool.runner.sandbox.TokenReviewer;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A runner as the servant of a SandboxPool: it does what the pool's settings say, and tells the pool's status how that goes. */
public final class KubernetesPool implements PoolOwner {
    private static final Duration API_TIMEOUT = Duration.ofSeconds(10);

    private final RunnerIdentity runner;
    private final KubernetesClient client;
    private final KubernetesSandboxes sandboxes;
    private final SettingsWatch settings;
    private final SuccessionWatch succession;
    private @Nullable StatusReporter reporter;

    /**
     * Needs no API server yet.
     *
     * @param pool the name of the SandboxPool
     * @param runner the pod's name, or another name that is the runner's own and stays over restarts
     * @param uid of the pod; without it the sandboxes have no owner that the garbage collector could miss
     */
    public static KubernetesPool of(String pool, String namespace, String runner, Optional<String> uid) {
        return new KubernetesPool(new RunnerIdentity(pool, namespace, runner, uid, RandomName.next()), connect());
    }

    KubernetesPool(RunnerIdentity runner, KubernetesClient client) {
        this.runner = runner;
        this.client = client;
        this.sandboxes = new KubernetesSandboxes(runner, client);
        this.settings = new SettingsWatch(runner, client);
        this.succession = new SuccessionWatch(runner, client, Timer.system());
    }

    /** With no retries of its own: the pool's backoff knows more, and a creation that is repeated blindly may make two pods. */
    private static KubernetesClient connect() {
        Config config = new ConfigBuilder(Config.autoConfigure(null))
                .withRequestRetryBackoffLimit(0)
                .withRequestTimeout((int) API_TIMEOUT.toMillis())
                .withConnectionTimeout((int) API_TIMEOUT.toMillis())
                .build();
        return new KubernetesClientBuilder()
                .withConfig(config)
                .withKubernetesSerialization(serialization())
                .build();
    }

    /**
     * Knows by name what comes in events of watches: what we watch, and why a watch failed. The client's own loads every kind of Kubernetes at
     * the first event, some 350 with all that they are made of.
     */
    static KubernetesSerialization serialization() {
        KubernetesSerialization serialization = new KubernetesSerialization(new ObjectMapper(), false);
        serialization.registerKubernetesResource(Pod.class);
        serialization.registerKubernetesResource(ConfigMap.class);
        serialization.registerKubernetesResource(Status.class);
        return serialization;
    }

    @Override
    public Sandboxes sandboxes() {
        return sandboxes;
    }

    @Override
    public TokenReviewer tokenReviewer() {
        return new ClusterTokenReviewer(client);
    }

    @Override
    public void follow(Consumer<PoolSettings> told) {
        settings.follow(told);
    }

    @Override
    public Optional<String> waitingFor() {
        return settings.waitingFor();
    }

    /** From now on the pool's status has an entry of this runner. */
    public void report(Supplier<PoolState> pool, Supplier<Served> served) {
        StatusEntry entry = new StatusEntry(runner, Instant.now());
        reporter = new StatusReporter(
                () -> {
                    Optional<StartFailure> unusable = settings.problem();
                    return entry.of(pool.get(), served.get(), settings.target(), unusable);
                },
                new PoolStatusApi(client, runner),
                Timer.system());
        reporter.start();
    }

    /** The last entry, when nothing is served any more. */
    public void endReport() {
        if (reporter != null) {
            reporter.close();
        }
    }

    /** Begins to look for other runners of the pool: for one that leaves. */
    public Supplier<Succession> succession() {
        succession.start();
        return succession::known;
    }

    @Override
    public void close() {
        endReport();
        succession.close();
        settings.close();
        sandboxes.close();
        client.close();
    }
}
