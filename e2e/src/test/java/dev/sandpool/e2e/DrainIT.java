package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.e2e.cluster.TestPool;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** A node is drained while its pool serves. */
@Isolated("no pod has a node meanwhile")
class DrainIT {
    /** Without {@code --force}. The next runner has no node until the node takes pods again. */
    @Test
    void whileItsNodeIsDrainedClientsAreAnsweredOrToldToTryAgain() {
        try (TestPool pool = TestPool.made(
                "drained", "replicas: 1, workers: 2, warm: {min: 1, max: 2}, " + TestPool.DEFAULT_RUNNER)) {
            Set<String> before = pool.runnerUids();
            String node = pool.runners().getFirst().getSpec().getNodeName();
            try (Load load = new Load(pool.service(), 2)) {
                CompletableFuture<Kubectl.Said> drain = CompletableFuture.supplyAsync(() -> Kubectl.call(
                        "drain",
                        node,
                        "--ignore-daemonsets",
                        "--delete-emptydir-data",
                        "--timeout=150s",
                        "--pod-selector=sandpool.dev/pool=" + pool.name()));
                try {
                    TestPool.patiently()
                            .until(() -> load.told() > 0 || !load.unanswered().isEmpty());
                } finally {
                    assertThat(Kubectl.call("uncordon", node).exitCode()).isZero();
                }
                EvictionIT.awaitNext(pool, before);
                Kubectl.Said said = drain.join();
                EvictionIT.awaitGone(pool, before);

                assertThat(said.warnings()).doesNotContain("cannot delete");
                assertThat(said.exitCode()).isZero();
                int good = load.good();
                TestPool.patiently().until(() -> load.good() > good + 5);
                assertThat(load.unanswered()).isEmpty();
            }
        }
    }
}
