package dev.sandpool.bench;

import dev.sandpool.e2e.cluster.Cluster;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** Requests to an API server that is busy with what a benchmark measures. */
final class BusyCluster {
    private static final int REQUEST_TIMEOUT_MILLIS = 120_000;
    private static final int WRITERS = 8;
    private static final int RETRIES = 5;

    private BusyCluster() {}

    /** Connects to the cluster of {@code KUBECONFIG}, and fails if it does not answer. */
    static Cluster connect() {
        KubernetesClient client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(Config.autoConfigure(null))
                        .withRequestTimeout(REQUEST_TIMEOUT_MILLIS)
                        .build())
                .build();
        try {
            var _ = client.getKubernetesVersion();
            return new Cluster(client);
        } catch (KubernetesClientException e) {
            String address = client.getMasterUrl().toString();
            client.close();
            throw new IllegalStateException(
                    "no API server answers at " + address
                            + ": scripts/bench starts the development node, or set KUBECONFIG",
                    e);
        }
    }

    /** Calls {@code work} with each number below {@code count}, from several threads. */
    static void forEach(int count, IntConsumer work) {
        AtomicInteger next = new AtomicInteger();
        try (ExecutorService writers = Executors.newFixedThreadPool(WRITERS)) {
            for (int i = 0; i < WRITERS; i++) {
                writers.execute(() -> {
                    for (int number = next.getAndIncrement(); number < count; number = next.getAndIncrement()) {
                        withRetries(work, number);
                    }
                });
            }
        }
    }

    private static void withRetries(IntConsumer work, int number) {
        for (int i = 0; ; i++) {
            try {
                work.accept(number);
                return;
            } catch (KubernetesClientException e) {
                if (i == RETRIES || (e.getCode() != 429 && e.getCode() != 409 && e.getCode() < 500)) {
                    throw e;
                }
            }
        }
    }
}
