package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A node can be drained whatever state its pools are in. */
class EvictionIT {
    @Test
    void aRunnerThatIsNotReadyMayBeEvicted() {
        try (TestPool pool = TestPool.applied("unpullable", "replicas: 1")) {
            pool.patch("{\"image\": \"localhost/there-is-no-such-image:1\"}");
            TestPool.patiently()
                    .until(() -> pool.reason("SandboxesStartable").equals("ImagePull")
                            && pool.reason("Ready").equals("RunnersNotReady"));
            String runner = pool.runners().getFirst().getMetadata().getName();

            assertThat(pool.client()
                            .pods()
                            .inNamespace(TestPool.NAMESPACE)
                            .withName(runner)
                            .evict())
                    .isTrue();
        }
    }
}
