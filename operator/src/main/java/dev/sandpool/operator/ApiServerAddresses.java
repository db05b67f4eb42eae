package dev.sandpool.operator;

import dev.sandpool.operator.objects.Installation;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The addresses at which pods reach the API server: that of its Service and those behind it. Both are needed, because
 * networks differ in which of the two their policies see.
 */
final class ApiServerAddresses implements AutoCloseable {
    private final Optional<Installation.Address> service;
    private final SharedIndexInformer<EndpointSlice> slices;

    /**
     * Creates the watch.
     *
     * @param environment the environment of a pod, in which Kubernetes names the Service
     */
    ApiServerAddresses(KubernetesClient client, Map<String, String> environment) {
        this.service = Optional.ofNullable(environment.get("KUBERNETES_SERVICE_HOST"))
                .map(host -> new Installation.Address(
                        host, Integer.parseInt(environment.getOrDefault("KUBERNETES_SERVICE_PORT", "443"))));
        this.slices = client.discovery()
                .v1()
                .endpointSlices()
                .inNamespace("default")
                .withLabel("kubernetes.io/service-name", "kubernetes")
                .runnableInformer(0);
        slices.exceptionHandler((_, _) -> true); // always tried again
    }

    /** @param changed called, from any thread, when the addresses may have changed */
    void start(Runnable changed) {
        slices.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(EndpointSlice slice) {
                changed.run();
            }

            @Override
            public void onUpdate(EndpointSlice before, EndpointSlice slice) {
                if (!before.getEndpoints().equals(slice.getEndpoints())) {
                    changed.run();
                }
            }

            @Override
            public void onDelete(EndpointSlice slice, boolean finalStateUnknown) {
                changed.run();
            }
        });
        slices.start().toCompletableFuture().join();
    }

    List<Installation.Address> now() {
        return Stream.concat(service.stream(), slices.getStore().list().stream().flatMap(ApiServerAddresses::of))
                .distinct()
                .sorted(Comparator.comparing(Installation.Address::ip).thenComparingInt(Installation.Address::port))
                .toList();
    }

    private static Stream<Installation.Address> of(EndpointSlice slice) {
        return slice.getEndpoints().stream()
                .flatMap(endpoint -> endpoint.getAddresses().stream())
                .flatMap(ip -> slice.getPorts().stream()
                        .map(EndpointPort::getPort)
                        .filter(Objects::nonNull)
                        .map(port -> new Installation.Address(ip, port)));
    }

    @Override
    public void close() {
        slices.stop();
    }
}
