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

/**
 * The owner of a pool that a SandboxPool configures. It publishes the settings of the SandboxPool and reports to its
 * status.
 */
public final class KubernetesPool implements PoolOwner {
    private static final Duration API_TIMEOUT = Duration.ofSeconds(10);

    private final RunnerIdentity runner;
    private final KubernetesClient client;
    private final KubernetesSandboxes sandboxes;
    private final SettingsWatch settings;
    private final SuccessionWatch succession;
    private @Nullable StatusReporter reporter;

    /**
     * Creates the owner without a request to the API server.
     *
     * @param pool the name of the SandboxPool
     * @param runner the name of the runner's pod, or another unique name that survives restarts
     * @param uid the UID of that pod; without it the sandboxes have no owner, so garbage collection does not remove
     *     them
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

    /**
     * Connects without the client's retries. The pool's own backoff has more information, and a blindly repeated
     * creation may make two pods.
     */
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
     * Registers only the types of watch events: the kinds that the runner watches, and the status of a failed watch.
     * The client's default loads all Kubernetes kinds at the first event, some 350 with their parts.
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

    /** Starts to maintain this runner's entry in the pool's status. */
    public void report(Supplier<PoolState> pool, Supplier<LoadReport> load) {
        StatusEntry entry = new StatusEntry(runner, Instant.now());
        reporter = new StatusReporter(
                () -> {
                    Optional<StartFailure> unusable = settings.problem();
                    return entry.of(pool.get(), load.get(), settings.target(), unusable);
                },
                new PoolStatusApi(client, runner),
                Timer.system());
        reporter.start();
    }

    /** Writes the last entry. Call it when no run is served any more. */
    public void endReport() {
        if (reporter != null) {
            reporter.close();
        }
    }

    /** Starts to watch for other runners of the pool. For a runner that shuts down. */
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
