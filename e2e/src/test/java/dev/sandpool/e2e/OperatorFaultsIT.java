package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.e2e.cluster.Cluster;
import dev.sandpool.e2e.cluster.TestPool;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.time.Duration;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** The operator goes away and comes back; pools do not notice. */
@Isolated("takes the operator away")
class OperatorFaultsIT {
    private static final String OPERATOR = "sandpool-operator";

    private static final Cluster CLUSTER = new Cluster();
    private static TestPool pool;

    @BeforeAll
    static void make() {
        pool = TestPool.made("faults", "workers: 2, warm: {min: 1, max: 2}, " + Load.NO_HURRY);
    }

    @AfterEach
    void bothAreThereAgain() {
        scaleOperator(2);
    }

    @AfterAll
    static void end() {
        pool.close();
        CLUSTER.close();
    }

    @Test
    void poolsServeWithoutAnOperatorAndTheNextOneTakesOverWhatItFinds() {
        Set<String> runners = pool.runnerUids();
        try (Load load = new Load(pool.service(), 1)) {
            scaleOperator(0);
            TestPool.patiently().until(() -> CLUSTER.operators().isEmpty());
            int good = load.good();
            TestPool.patiently().until(() -> load.good() > good + 10);

            scaleOperator(2);
            // Its first deed shows that it is there: what somebody changed meanwhile is mended.
            pool.patch("{\"workers\": 3}");
            TestPool.patiently().until(() -> pool.capacity() == 3);

            assertThat(load.bad()).isEmpty();
        }
        assertThat(pool.runnerUids()).isEqualTo(runners);
        // No duplicates: as many as are asked for, once all is quiet.
        TestPool.patiently().until(() -> pool.sandboxes().size() == 2);
    }

    @Test
    void anotherOperatorLeadsSoonAfterTheLeaderIsKilled() {
        // One that was replaced before may still be on its way out.
        TestPool.patiently().until(() -> CLUSTER.operators().size() == 2);
        String leader = leader();
        Pod pod = CLUSTER.operators().stream()
                .filter(each -> each.getMetadata().getName().equals(leader))
                .findFirst()
                .orElseThrow();

        pool.client().resource(pod).withGracePeriod(0).delete(); // SIGKILL: the lease is not given back

        Awaitility.await().atMost(Duration.ofSeconds(15)).until(() -> !leader().equals(leader) && !leader().isEmpty());
        pool.patch("{\"workers\": 1}");
        TestPool.patiently().until(() -> pool.capacity() == 1);
    }

    private String leader() {
        Lease lease = pool.client()
                .leases()
                .inNamespace(Cluster.SYSTEM_NAMESPACE)
                .withName(OPERATOR)
                .require();
        return lease.getSpec().getHolderIdentity();
    }

    private void scaleOperator(int replicas) {
        var deployment = pool.client()
                .apps()
                .deployments()
                .inNamespace(Cluster.SYSTEM_NAMESPACE)
                .withName(OPERATOR);
        deployment.scale(replicas);
        TestPool.patiently()
                .until(() -> deployment.get().getStatus().getReadyReplicas() == null
                        ? replicas == 0
                        : deployment.get().getStatus().getReadyReplicas() == replicas);
    }
}
