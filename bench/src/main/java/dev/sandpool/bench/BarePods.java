package dev.sandpool.bench;

import dev.sandpool.e2e.cluster.Cluster;
import dev.sandpool.e2e.run.Percentiles;
import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.FrameWriter;
import io.fabric8.kubernetes.api.model.EmptyDirVolumeSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.WebSocket;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;

/** Measures the best that the cluster can do if each run has a pod of its own: it creates such pods and deletes them. */
final class BarePods {
    private static final long PATIENCE_SECONDS = 60;
    private static final Duration ATTACH_EVERY = Duration.ofMillis(60);

    private final KubernetesClient client;

    private BarePods(KubernetesClient client) {
        this.client = client;
    }

    /**
     * Lines of figures for so many pods, of which so many at a time are made, found to run and deleted: as runners do now, and as they did
     * before, with a memory file system as a volume and a watch that says when a pod runs.
     */
    static List<String> measure(int pods, int atOnce) throws Exception {
        try (Cluster cluster = new Cluster()) {
            BarePods bare = new BarePods(cluster.client());
            PodSpec now = cluster.client()
                    .v1()
                    .podTemplates()
                    .inNamespace(Cluster.NAMESPACE)
                    .list()
                    .getItems()
                    .getLast()
                    .getTemplate()
                    .getSpec();
            PodSpec before = withVolume(now);
            List<Double> untilAnswered = new ArrayList<>();
            List<Double> untilAnsweredBefore = new ArrayList<>();
            List<Double> untilSaidToRun = new ArrayList<>();
            List<Double> untilSaidToRunBefore = new ArrayList<>();
            for (int i = 0; i < pods / 2; i++) {
                untilAnsweredBefore.add(bare.millis(before, bare::awaitAnswer));
                untilAnswered.add(bare.millis(now, bare::awaitAnswer));
                untilSaidToRunBefore.add(bare.millis(before, bare::awaitRunning));
                untilSaidToRun.add(bare.millis(now, bare::awaitRunning));
            }
            return List.of(
                    "pods of the same template, one after the other, from creation until ...",
                    "  ... a watch says that they run, with a volume    " + Percentiles.of(untilSaidToRunBefore),
                    "  ... a watch says that they run                   " + Percentiles.of(untilSaidToRun),
                    "  ... an attach is answered, with a volume         " + Percentiles.of(untilAnsweredBefore),
                    "  ... an attach is answered                        " + Percentiles.of(untilAnswered),
                    "  ... and deleted, with a volume and a watch,   "
                            + bare.throughput(before, bare::awaitRunning, pods, atOnce),
                    "  ... and deleted, with neither,                "
                            + bare.throughput(now, bare::awaitAnswer, pods, atOnce));
        }
    }

    private static PodSpec withVolume(PodSpec spec) {
        return new PodSpecBuilder(spec)
                .editContainer(0)
                .addNewVolumeMount()
                .withName("program")
                .withMountPath("/tmpfs")
                .endVolumeMount()
                .endContainer()
                .withVolumes(new VolumeBuilder()
                        .withName("program")
                        .withEmptyDir(new EmptyDirVolumeSource("Memory", null, new Quantity("164Mi")))
                        .build())
                .build();
    }

    private String throughput(PodSpec spec, Wait wait, int pods, int atOnce) throws Exception {
        double cpu = Machine.cpuSeconds();
        Stopwatch watch = Stopwatch.start();
        try (ExecutorService makers = Executors.newFixedThreadPool(atOnce)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < pods; i++) {
                all.add(makers.submit(() -> millis(spec, wait)));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
        return String.format(
                Locale.ROOT,
                "%d at a time: %.2f pods/s  %.2f CPU s per pod",
                atOnce,
                pods / watch.seconds(),
                (Machine.cpuSeconds() - cpu) / pods);
    }

    private interface Wait {
        void until(Pod pod) throws Exception;
    }

    /** From the creation of a pod to the end of the wait; it is deleted then. Neither runner nor sweep takes it for a sandbox. */
    private double millis(PodSpec spec, Wait wait) throws Exception {
        Stopwatch watch = Stopwatch.start();
        Pod pod = client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withGenerateName("bare-")
                        .withNamespace(Cluster.NAMESPACE)
                        .endMetadata()
                        .withSpec(spec)
                        .build())
                .create();
        try {
            wait.until(pod);
            return watch.millis();
        } finally {
            client.resource(pod)
                    .withGracePeriod(0)
                    .withTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .delete();
        }
    }

    private void awaitRunning(Pod pod) {
        client.resource(pod)
                .waitUntilCondition(
                        now -> now != null && "Running".equals(now.getStatus().getPhase()),
                        PATIENCE_SECONDS,
                        TimeUnit.SECONDS);
    }

    private void awaitAnswer(Pod pod) {
        Awaitility.await()
                .pollDelay(Duration.ZERO)
                .pollInterval(ATTACH_EVERY)
                .atMost(Duration.ofSeconds(PATIENCE_SECONDS))
                .until(() -> answers(pod));
    }

    private boolean answers(Pod pod) throws IOException, InterruptedException, TimeoutException {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        String path = "/api/v1/namespaces/%s/pods/%s/attach?container=contained&stdin=true&stdout=true&stderr=true"
                .formatted(pod.getMetadata().getNamespace(), pod.getMetadata().getName());
        CompletableFuture<WebSocket> opening = client.getHttpClient()
                .newWebSocketBuilder()
                .uri(URI.create(client.getMasterUrl().toString()).resolve(path))
                .subprotocol("v5.channel.k8s.io")
                .buildAsync(new WebSocket.Listener() {
                    @Override
                    public void onMessage(WebSocket socket, ByteBuffer message) {
                        if (message.remaining() > 1 && message.get() == 1) {
                            answer.complete(true);
                        }
                        socket.request();
                    }

                    @Override
                    public void onClose(WebSocket socket, int code, String reason) {
                        answer.complete(false);
                    }

                    @Override
                    public void onError(WebSocket socket, Throwable error) {
                        answer.complete(false);
                    }
                });
        try {
            WebSocket socket = opening.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            ByteArrayOutputStream ping = new ByteArrayOutputStream();
            ping.write(0);
            new FrameWriter(ping).write(new Frame.Ping(Bytes.utf8("bare")));
            socket.send(ByteBuffer.wrap(ping.toByteArray()));
            boolean answered = answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            socket.sendClose(1000, "");
            return answered;
        } catch (ExecutionException e) {
            return false; // it does not run yet
        }
    }
}
