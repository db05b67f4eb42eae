package dev.sandpool.runner.sandbox.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.RunnerSettings;
import dev.sandpool.crds.SandboxPoolSpec.Isolation;
import dev.sandpool.runner.sandbox.session.FakeContained;
import dev.sandpool.runner.sandbox.session.Transport;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.mockwebserver.http.Response;
import io.fabric8.mockwebserver.http.WebSocket;
import io.fabric8.mockwebserver.http.WebSocketListener;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** An API server in this process with a pod controller that gives new pods a status, and attach streams that a script serves. */
final class FakeCluster implements AutoCloseable {
    static final String NAMESPACE = "sandpool";

    private final KubernetesMockServer server;
    private final KubernetesClient kubelet;

    /** Requests as {@code METHOD path}, without the query. */
    final List<String> requests = new CopyOnWriteArrayList<>();

    private final List<Transport> streams = new CopyOnWriteArrayList<>();

    /** What a request gets instead of its answer; null: its answer. */
    volatile Function<RecordedRequest, @Nullable MockResponse> fault = request -> null;

    volatile Function<Pod, PodStatus> fate = pod -> RUNNING;

    /** Whether a new pod has its status from its creation on, and does not wait for the controller. */
    volatile boolean fateIsKnownAtOnce;

    volatile FakeContained.Script contained = c -> {
        c.greet();
        c.fallSilent();
    };

    static final PodStatus RUNNING = new PodStatusBuilder()
            .withPhase("Running")
            .addNewContainerStatus()
            .withName("contained")
            .withNewState()
            .withNewRunning()
            .endRunning()
            .endState()
            .endContainerStatus()
            .build();

    FakeCluster() {
        server = new KubernetesMockServer(new Context(), new MockWebServer(), new HashMap<>(), new Api(), false);
        server.init();
        kubelet = server.createClient();
        kubelet.pods().inNamespace(NAMESPACE).watch(new PodController());
    }

    /** As a runner has it: without retries, and with the kinds that it knows. */
    KubernetesClient client() {
        return server.createClient(builder -> builder.withKubernetesSerialization(KubernetesPool.serialization())
                .editOrNewConfig()
                .withRequestRetryBackoffLimit(0)
                .withNamespace(NAMESPACE)
                .endConfig());
    }

    List<Pod> pods() {
        return kubelet.pods().inNamespace(NAMESPACE).list().getItems();
    }

    KubernetesClient admin() {
        return kubelet;
    }

    static MockResponse refusal(int code, String message) {
        var status = new StatusBuilder()
                .withStatus("Failure")
                .withCode(code)
                .withMessage(message)
                .build();
        return new MockResponse().setResponseCode(code).setBody(Serialization.asJson(status));
    }

    /** As the operator writes it. */
    static PodTemplate podTemplate(String pool, String revision) {
        return Serialization.unmarshal("""
                apiVersion: v1
                kind: PodTemplate
                metadata:
                  name: %s
                  annotations:
                    sandpool.dev/limits: |
                      {"memoryBytes": 1048576, "pids": 64, "binaryBytes": 300000, "outputBytes": 1000, "runTimeout": "5s"}
                template:
                  metadata:
                    labels:
                      app.kubernetes.io/name: sandpool-sandbox
                  spec:
                    runtimeClassName: gvisor
                    restartPolicy: Never
                    automountServiceAccountToken: false
                    activeDeadlineSeconds: 3600
                    containers:
                      - name: contained
                        image: localhost/sandpool-sandbox:dev
                        stdin: true
                        stdinOnce: true
                """.formatted(PoolNames.podTemplate(pool, revision)), PodTemplate.class);
    }

    /** The same, where gVisor is embedded. */
    static PodTemplate embeddedPodTemplate(String pool, String revision) {
        PodTemplate template = podTemplate(pool, revision);
        template.getMetadata()
                .setAnnotations(new HashMap<>(template.getMetadata().getAnnotations()));
        template.getMetadata().getAnnotations().put(Isolation.ANNOTATION, Isolation.Embedded.name());
        template.getTemplate().getSpec().setRuntimeClassName(null);
        return template;
    }

    /** As the operator writes them. */
    void settings(String pool, String json) {
        kubelet.configMaps()
                .inNamespace(NAMESPACE)
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName(PoolNames.settings(pool))
                        .endMetadata()
                        .addToData(RunnerSettings.KEY, json)
                        .build())
                .createOr(resource -> resource.update());
    }

    void replace(PodTemplate template) {
        kubelet.v1().podTemplates().inNamespace(NAMESPACE).resource(template).update();
    }

    void add(PodTemplate template) {
        kubelet.v1().podTemplates().inNamespace(NAMESPACE).resource(template).create();
    }

    /** Ends all attach streams at once, as an API server does that goes. */
    void breakStreams() {
        streams.forEach(Transport::close);
        streams.clear();
    }

    @Override
    public void close() {
        kubelet.close();
        server.destroy();
    }

    private final class Api extends Dispatcher {
        private final KubernetesCrudDispatcher crud = new KubernetesCrudDispatcher();

        @Override
        public MockResponse dispatch(RecordedRequest request) {
            String path = request.getPath().split("\\?", 2)[0];
            requests.add(request.getMethod() + " " + path);
            MockResponse faulty = fault.apply(request);
            if (faulty != null) {
                return faulty;
            }
            if (path.endsWith("/attach")) {
                return new MockResponse().withWebSocketUpgrade(new Attach());
            }
            boolean createsPod = request.getMethod().equals("POST") && path.endsWith("/pods");
            return crud.dispatch(createsPod && fateIsKnownAtOnce ? withFate(request) : request);
        }

        private RecordedRequest withFate(RecordedRequest creation) {
            Pod pod = Serialization.unmarshal(creation.getUtf8Body(), Pod.class);
            pod.setStatus(fate.apply(pod));
            return new RecordedRequest(
                    creation.getHttpVersion(),
                    creation.method(),
                    creation.getPath(),
                    creation.getHeaders(),
                    new Buffer(Serialization.asJson(pod).getBytes(UTF_8)));
        }
    }

    private final class PodController implements Watcher<Pod> {
        @Override
        public void eventReceived(Action action, Pod pod) {
            if (action == Action.ADDED && !fateIsKnownAtOnce) {
                Thread.ofVirtual().start(() -> update(pod, fate.apply(pod)));
            }
        }

        @Override
        public void onClose(WatcherException cause) {}
    }

    /** As a kubelet does; a pod that is gone meanwhile is no matter. */
    void update(Pod pod, PodStatus status) {
        try {
            kubelet.pods().resource(pod).editStatus(now -> {
                now.setStatus(status);
                return now;
            });
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }

    /** Serves one attach stream: channel 0 to contained's input, its output to channel 1, Success on channel 3 at its end. */
    private final class Attach extends WebSocketListener {
        private final Transport pipes = new FakeContained().play(contained);

        @Override
        public void onOpen(WebSocket socket, Response response) {
            streams.add(pipes);
            Thread.ofVirtual().start(() -> {
                byte[] buffer = new byte[32 * 1024];
                try {
                    InputStream up = pipes.up();
                    for (int length = up.read(buffer); length > 0; length = up.read(buffer)) {
                        socket.send(message(1, Arrays.copyOf(buffer, length)));
                    }
                    socket.send(message(3, "{\"status\":\"Success\"}".getBytes(UTF_8)));
                    socket.close(1000, "");
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }

        @Override
        public void onMessage(WebSocket socket, byte[] bytes) {
            if (bytes[0] == 0) {
                try {
                    pipes.down().write(bytes, 1, bytes.length - 1);
                } catch (IOException e) {
                    // The script is over: what comes now is dropped, as a kubelet does.
                }
            }
        }

        @Override
        public void onClosing(WebSocket socket, int code, String reason) {
            streams.remove(pipes);
            pipes.close();
        }

        private static byte[] message(int channel, byte[] payload) {
            byte[] message = new byte[payload.length + 1];
            message[0] = (byte) channel;
            System.arraycopy(payload, 0, message, 1, payload.length);
            return message;
        }
    }
}
