package dev.sandpool.runner.sandbox.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.WatchEvent;
import org.junit.jupiter.api.Test;

class WatchedKindsTest {
    @Test
    void eventsBringWhatARunnerWatchesAndWhyAWatchFailed() {
        assertThat(objectOfEvent("Pod")).isInstanceOf(Pod.class);
        assertThat(objectOfEvent("ConfigMap")).isInstanceOf(ConfigMap.class);
        assertThat(objectOfEvent("Status")).isInstanceOf(Status.class);
    }

    @Test
    void noOtherKindIsLoadedForThem() {
        assertThat(objectOfEvent("Secret")).isInstanceOf(GenericKubernetesResource.class);
    }

    private static Object objectOfEvent(String kind) {
        return KubernetesPool.serialization()
                .unmarshal("""
                        {"type": "MODIFIED", "object": {"apiVersion": "v1", "kind": "%s", "metadata": {}}}
                        """.formatted(kind), WatchEvent.class)
                .getObject();
    }
}
