package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.PoolNames;
import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Programs;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What somebody deletes of a pool that serves is made again, and what depended on it recovers without a person. */
class RecoveryIT {
    private static TestPool pool;

    @BeforeAll
    static void make() {
        pool = TestPool.made("recovery", "workers: 1, warm: {min: 1, max: 1}");
    }

    @AfterAll
    static void end() {
        pool.close();
    }

    @Test
    void runnersWhoseServiceAccountIsDeletedAreReplacedByOnesWithATokenOfTheNewOne() {
        Set<String> before = pool.runnerUids();

        pool.client()
                .serviceAccounts()
                .inNamespace(TestPool.NAMESPACE)
                .withName(PoolNames.runnerAccount(pool.name()))
                .delete();

        TestPool.patiently()
                .until(() -> pool.runnerUids().size() == 1
                        && pool.runnerUids().stream().noneMatch(before::contains)
                        && pool.warm() == 1);
        pool.await("Ready", "True");
        assertThat(pool.service().runWhenReady(Programs.staticC("hello")).stdout())
                .isEqualTo("hello\n");
    }

    @Test
    void theEntryOfARunnerThatIsLostIsWrittenAgain() {
        TestPool.patiently().until(() -> !pool.status().runners().isEmpty());

        pool.resource()
                .subresource("status")
                .patch(
                        PatchContext.of(PatchType.JSON),
                        "[{\"op\": \"replace\", \"path\": \"/status/runners\", \"value\": []}]");

        TestPool.patiently().until(() -> !pool.status().runners().isEmpty());
    }
}
