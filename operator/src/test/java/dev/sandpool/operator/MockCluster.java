package dev.sandpool.operator;

import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.api.model.KubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** An API server in memory, which remembers what it was asked, and refuses what a test wants refused. It knows no server-side apply. */
public final class MockCluster implements AutoCloseable {
    /** A method, a path, and what was sent. */
    public record Request(String method, String path, String body) {}

    private final Queue<Request> requests = new ConcurrentLinkedQueue<>();
    private final ConcurrentMap<String, Supplier<MockResponse>> answers = new ConcurrentHashMap<>();
    private final KubernetesMockServer server =
            new KubernetesMockServer(new Context(), new MockWebServer(), new HashMap<>(), new Recording(), false);
    private final KubernetesClient client;

    public MockCluster() {
        server.init();
        client = server.createClient();
    }

    public KubernetesClient client() {
        return client;
    }

    /** A call, such as {@code DELETE /api/v1/namespaces/play/pods/a}, is answered by that status. */
    public void refuse(String call, int status) {
        answers.put(call, () -> new MockResponse().setResponseCode(status));
    }

    /** A call is answered by that, whatever there is. */
    public void answer(String call, KubernetesResource body) {
        answers.put(call, () -> new MockResponse().setResponseCode(200).setBody(Serialization.asJson(body)));
    }

    public List<Request> requests(String method) {
        return requests.stream()
                .filter(request -> request.method().equals(method))
                .toList();
    }

    public Stream<String> paths(String method) {
        return requests(method).stream().map(Request::path);
    }

    @Override
    public void close() {
        client.close();
        server.destroy();
    }

    private final class Recording extends KubernetesCrudDispatcher {
        Recording() {
            super(List.of(CustomResourceDefinitionContext.fromCustomResourceType(SandboxPool.class)));
        }

        @Override
        public MockResponse dispatch(RecordedRequest request) {
            requests.add(new Request(
                    request.getMethod(),
                    request.getPath(),
                    new String(request.getBody().getBytes(), StandardCharsets.UTF_8)));
            Supplier<MockResponse> answer = answers.get(request.getMethod() + " " + request.getPath());
            return answer == null ? super.dispatch(request) : answer.get();
        }
    }
}
