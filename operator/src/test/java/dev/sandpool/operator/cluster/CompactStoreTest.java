package dev.sandpool.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CompactStoreTest {
    private final CompactStore<Service> store =
            new CompactStore<>(Service.class, new KubernetesSerialization(), Trimmed::owned);

    private static Service service(String name, int port) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("play")
                .withName(name)
                .withManagedFields(
                        new ManagedFieldsEntryBuilder()
                                .withManager(ApiServer.FIELD_MANAGER)
                                .withNewFieldsV1()
                                .addToAdditionalProperties("f:spec", Map.of("f:type", Map.of()))
                                .endFieldsV1()
                                .build(),
                        new ManagedFieldsEntryBuilder()
                                .withManager("kube-controller-manager")
                                .build())
                .endMetadata()
                .withNewSpec()
                .addNewPort()
                .withPort(port)
                .endPort()
                .endSpec()
                .build();
    }

    private static int port(@Nullable Service service) {
        return Objects.requireNonNull(service).getSpec().getPorts().getFirst().getPort();
    }

    @Test
    void whatIsReadIsWhatWasPutButForOthersFields() {
        assertThat(store.put("play/a", service("a", 80))).isNull();

        Service read = Objects.requireNonNull(store.get("play/a"));
        Service expected = service("a", 80);
        Trimmed.owned(expected);
        assertThat(read).isEqualTo(expected);
        assertThat(read.getMetadata().getManagedFields()).hasSize(1);
    }

    @Test
    void theInformerIsGivenBackWhatWasThere() {
        store.put("play/a", service("a", 80));
        store.put("play/b", service("b", 80));

        assertThat(port(store.put("play/a", service("a", 81)))).isEqualTo(80);
        assertThat(store.values().map(CompactStoreTest::port)).containsExactlyInAnyOrder(81, 80);
        assertThat(port(store.remove("play/a"))).isEqualTo(81);
        assertThat(store.remove("play/a")).isNull();
        assertThat(store.get("play/a")).isNull();
        assertThat(store.keySet()).containsExactly("play/b");
        assertThat(store.size()).isEqualTo(1);
        assertThat(store.getKey(service("c", 1))).isEqualTo("play/c");
    }

    @Test
    void ofARunnersPodStaysWhatTellsHowItIs() {
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withName("go-runner-1")
                .addToAnnotations("a", "b")
                .addToLabels("sandpool.dev/pool", "go")
                .endMetadata()
                .withNewSpec()
                .withNodeName("node")
                .addNewContainer()
                .withName("runner")
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .withPodIP("10.0.0.1")
                .endStatus()
                .build();

        Trimmed.pod(pod);

        assertThat(Pods.is(pod, "Ready", "True")).isTrue();
        assertThat(pod.getMetadata().getLabels()).containsEntry("sandpool.dev/pool", "go");
        assertThat(pod.getMetadata().getAnnotations()).isEmpty();
        assertThat(pod.getSpec().getContainers()).isEmpty();
        assertThat(pod.getSpec().getNodeName()).isEqualTo("node");
    }
}
