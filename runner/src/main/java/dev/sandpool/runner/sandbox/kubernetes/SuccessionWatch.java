package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.runner.sandbox.Succession;
import dev.sandpool.runner.sandbox.Timer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the API server once a second whether another runner of the pool is ready. Only for a runner that shuts down:
 * each check is two small reads. The result can be read from any thread.
 */
final class SuccessionWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SuccessionWatch.class);

    static final Duration EVERY = Duration.ofSeconds(1);

    // The pool is gone, or this runner's permission to read it.
    private static final Set<Integer> NOT_OURS_ANY_MORE = Set.of(401, 403, 404);

    private final RunnerIdentity runner;
    private final KubernetesClient client;
    private final Timer timer;
    // Until the first answer a runner continues to serve, because clients may still be sent here.
    private volatile Succession known = Succession.AWAITED;
    private volatile boolean closed;

    SuccessionWatch(RunnerIdentity runner, KubernetesClient client, Timer timer) {
        this.runner = runner;
        this.client = client;
        this.timer = timer;
    }

    void start() {
        Thread.ofVirtual().name("succession").start(() -> {
            look();
            if (!closed) {
                timer.after(EVERY, this::start);
            }
        });
    }

    Succession known() {
        return known;
    }

    private void look() {
        try {
            known = !isExpected() ? Succession.NONE : isReady() ? Succession.READY : Succession.AWAITED;
        } catch (KubernetesClientException e) {
            if (NOT_OURS_ANY_MORE.contains(e.getCode())) {
                known = Succession.NONE;
            } else {
                // While the API server is away, clients are not sent to another runner either.
                LOG.atDebug().setCause(e).log("the other runners of the pool could not be listed");
            }
        }
    }

    /** Returns whether the pool is to have runners. */
    private boolean isExpected() {
        SandboxPool pool = client.resources(SandboxPool.class)
                .inNamespace(runner.namespace())
                .withName(runner.pool())
                .get();
        return pool != null
                && pool.getMetadata().getDeletionTimestamp() == null
                && pool.getSpec().replicas() > 0;
    }

    private boolean isReady() {
        return client
                .pods()
                .inNamespace(runner.namespace())
                .withLabel(PoolLabels.POOL, runner.pool())
                .withLabel(PoolLabels.ROLE, PoolLabels.ROLE_RUNNER)
                .list()
                .getItems()
                .stream()
                .anyMatch(this::isAnotherThatIsReady);
    }

    private boolean isAnotherThatIsReady(Pod pod) {
        return !pod.getMetadata().getName().equals(runner.name())
                && pod.getMetadata().getDeletionTimestamp() == null
                && pod.getStatus() != null
                && pod.getStatus().getConditions().stream()
                        .anyMatch(condition -> condition.getType().equals("Ready")
                                && condition.getStatus().equals("True"));
    }

    @Override
    public void close() {
        closed = true;
        timer.close();
    }
}
