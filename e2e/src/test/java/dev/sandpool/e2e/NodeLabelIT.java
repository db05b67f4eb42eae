package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The label by which a pool's pods find their nodes is lost, and comes back. */
@Order(6)
class NodeLabelIT {
    private static final String LABEL = "sandpool-e2e.example/pool";

    @Test
    void aPoolWhoseNodesAreGoneServesOnAndSaysWhatIsMissing() {
        try (TestPool pool =
                TestPool.made("probe", "workers: 1, warm: {min: 1, max: 1}, limits: {startTimeout: 10s}")) {
            pool.await("Ready", "True");
            String revision = pool.revision();
            Node node = pool.client().nodes().list().getItems().getFirst();
            label(pool, node, "yes");
            pool.patch(
                    "{\"sandbox\": {\"nodeSelector\": {\"%1$s\": \"yes\"}}, \"runner\": {\"nodeSelector\": {\"%1$s\": \"yes\"}}}"
                            .formatted(LABEL));
            pool.awaitRevisionAfter(revision);
            TestPool.patiently()
                    .until(() -> pool.runners().size() == 1
                            && pool.runners()
                                    .getFirst()
                                    .getSpec()
                                    .getNodeSelector()
                                    .containsKey(LABEL)
                            && pool.warm() == 1);
            RunnerService service = pool.service();
            try {
                label(pool, node, null);

                // What runs goes on running; what would replace it has nowhere to go.
                assertThat(service.run(Programs.staticC("hello")).stdout()).isEqualTo("hello\n");
                TestPool.patiently().until(() -> {
                    // The runner that was replaced may have served the run, and the scheduler may not have seen yet
                    // that the label is gone.
                    pool.sandboxes().stream()
                            .filter(sandbox -> sandbox.getSpec().getNodeName() != null)
                            .forEach(sandbox -> pool.client().resource(sandbox).delete());
                    return pool.reason("SandboxesStartable").equals("Unschedulable");
                });
                assertThat(pool.condition("SandboxesStartable").getMessage()).contains("node");
                pool.client().resource(pool.runners().getFirst()).delete();
                pool.awaitReason("Degraded", "RunnersUnavailable");
                assertThat(pool.condition("Degraded").getMessage()).contains("Unschedulable");
            } finally {
                label(pool, node, "yes");
            }
            pool.await("Ready", "True");
            pool.await("SandboxesStartable", "True");
            assertThat(service.runWhenReady(Programs.staticC("hello")).stdout()).isEqualTo("hello\n");
            label(pool, node, null);
        }
    }

    private static void label(TestPool pool, Node node, @Nullable String value) {
        pool.client().nodes().withName(node.getMetadata().getName()).edit(now -> {
            var changed = new NodeBuilder(now).editMetadata();
            return (value == null ? changed.removeFromLabels(LABEL) : changed.addToLabels(LABEL, value))
                    .endMetadata()
                    .build();
        });
    }
}
