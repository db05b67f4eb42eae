package dev.sandpool.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.operator.objects.Installation.Address;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ApiServerAddressesTest {
    private static final Map<String, String> OF_A_POD =
            Map.of("KUBERNETES_SERVICE_HOST", "10.96.0.1", "KUBERNETES_SERVICE_PORT", "443");

    private final MockCluster cluster = new MockCluster();
    private final AtomicInteger changes = new AtomicInteger();

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void theServicesAddressAndThoseBehindItAreKnownOnceAndInOrder() {
        there(slice("default", "kubernetes", "ipv4", "192.0.2.2", "192.0.2.1", "192.0.2.2"));
        there(slice("default", "kubernetes", "ipv6", "2001:db8::1"));
        there(slice("default", "other", "other", "192.0.2.8"));
        there(slice("play", "kubernetes", "elsewhere", "192.0.2.9"));

        try (var addresses = new ApiServerAddresses(cluster.client(), OF_A_POD)) {
            addresses.start(changes::incrementAndGet);

            assertThat(addresses.now())
                    .containsExactly(
                            new Address("10.96.0.1", 443),
                            new Address("192.0.2.1", 6443),
                            new Address("192.0.2.2", 6443),
                            new Address("2001:db8::1", 6443));
        }
    }

    @Test
    void outsideOfAPodOnlyThoseBehindItAreKnown() {
        there(slice("default", "kubernetes", "ipv4", "192.0.2.1"));

        try (var addresses = new ApiServerAddresses(cluster.client(), Map.of())) {
            addresses.start(changes::incrementAndGet);

            assertThat(addresses.now()).containsExactly(new Address("192.0.2.1", 6443));
        }
    }

    @Test
    void aChangeIsKnownAndToldOf() {
        there(slice("default", "kubernetes", "ipv4", "192.0.2.1"));

        try (var addresses = new ApiServerAddresses(cluster.client(), Map.of())) {
            addresses.start(changes::incrementAndGet);
            await().until(() -> changes.get() == 1);

            var _ = cluster.client()
                    .resource(slice("default", "kubernetes", "ipv4", "192.0.2.7"))
                    .update();

            await().until(() -> changes.get() == 2);
            assertThat(addresses.now()).containsExactly(new Address("192.0.2.7", 6443));
        }
    }

    private void there(EndpointSlice slice) {
        var _ = cluster.client().resource(slice).create();
    }

    private static EndpointSlice slice(String namespace, String service, String name, String... ips) {
        return new EndpointSliceBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .addToLabels("kubernetes.io/service-name", service)
                .endMetadata()
                .addNewEndpoint()
                .withAddresses(ips)
                .endEndpoint()
                .addNewPort()
                .withName("https")
                .withPort(6443)
                .endPort()
                .build();
    }
}
