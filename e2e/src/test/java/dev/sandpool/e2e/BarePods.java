package dev.sandpool.e2e;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** What the cluster can do at best where each run has a pod of its own: make such pods and delete them, with nothing in between. */
final class BarePods {
    private static final long PATIENCE_SECONDS = 60;

    private BarePods() {}

    /** A line of figures for so many pods, of which so many at a time are made, seen running and deleted. */
    static String measure(int pods, int atOnce) throws Exception {
        try (Cluster cluster = new Cluster()) {
            KubernetesClient client = cluster.client();
            PodTemplate template = client.v1()
                    .podTemplates()
                    .inNamespace(Cluster.NAMESPACE)
                    .list()
                    .getItems()
                    .getLast();
            double cpu = Machine.cpuSeconds();
            long begin = System.nanoTime();
            try (ExecutorService makers = Executors.newFixedThreadPool(atOnce)) {
                List<Future<?>> all = new ArrayList<>();
                for (int i = 0; i < pods; i++) {
                    all.add(makers.submit(() -> makeAndDelete(client, template)));
                }
                for (Future<?> one : all) {
                    one.get();
                }
            }
            return String.format(
                    Locale.ROOT,
                    "pods of the same template, %d at a time, nothing run in them: %.2f pods/s  %.2f CPU s per pod",
                    atOnce,
                    pods / ((System.nanoTime() - begin) / 1e9),
                    (Machine.cpuSeconds() - cpu) / pods);
        }
    }

    // Without the labels and the owner of a sandbox: neither runner nor sweep takes it for one.
    private static void makeAndDelete(KubernetesClient client, PodTemplate template) {
        Pod pod = client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withGenerateName("bare-")
                        .withNamespace(Cluster.NAMESPACE)
                        .endMetadata()
                        .withSpec(template.getTemplate().getSpec())
                        .build())
                .create();
        try {
            client.resource(pod)
                    .waitUntilCondition(
                            now -> now != null
                                    && "Running".equals(now.getStatus().getPhase()),
                            PATIENCE_SECONDS,
                            TimeUnit.SECONDS);
        } finally {
            client.resource(pod).withTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).delete();
        }
    }
}
