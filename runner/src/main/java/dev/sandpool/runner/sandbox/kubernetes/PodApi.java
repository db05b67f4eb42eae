package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.crds.PoolLabels;
import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.SandboxStartException;
import dev.sandpool.runner.sandbox.SandboxStartException.Reason;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.http.WebSocketHandshakeException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The requests of a runner to the API server, and what their failures mean for the start of a sandbox. */
final class PodApi {
    // It includes the TCP connection and the kubelet's answer: 10 to 25 ms under normal conditions.
    private static final Duration LONGEST_ATTACH = Duration.ofSeconds(5);

    // A watch may report a pod as Running a moment before its container can be attached.
    private static final Duration ATTACH_AGAIN_AFTER = Duration.ofMillis(100);
    private static final int ATTACHES = 5;

    // contained has ended with its stream, so no process is left that needs a grace period or could still write.
    // Measured for six pods at once: 0.15 CPU seconds per pod in the API server, etcd, the kubelet and containerd, and
    // all gone after 1.2 s. With a grace period of 1 s, which waits for the kubelet: 0.24 CPU seconds and 1.7 s.
    private static final long GRACE_SECONDS = 0;

    private static final String V5 = "v5.channel.k8s.io";
    private static final String V4 = "v4.channel.k8s.io";

    private final KubernetesClient client;
    private final String namespace;
    private volatile String subprotocol = V5;

    PodApi(KubernetesClient client, String namespace) {
        this.client = client;
        this.namespace = namespace;
    }

    Pod create(Pod pod) throws SandboxStartException {
        try {
            return client.pods().inNamespace(namespace).resource(pod).create();
        } catch (KubernetesClientException e) {
            throw new SandboxStartException(reason(e), "the pod could not be created: " + message(e), e);
        }
    }

    /** Returns whether the pod may exist although its creation failed: the response may have been lost. */
    static boolean mayHaveCreated(SandboxStartException failure) {
        return failure.reason() == Reason.API_SERVER;
    }

    static Reason reason(KubernetesClientException failure) {
        return switch (failure.getCode()) {
            case 403 -> message(failure).contains("exceeded quota") ? Reason.QUOTA : Reason.FORBIDDEN;
            // These include a missing namespace and a pod that an admission policy refuses. A person has to fix each of
            // them.
            case 400, 401, 404, 422 -> Reason.FORBIDDEN;
            default -> Reason.API_SERVER;
        };
    }

    static String message(KubernetesClientException failure) {
        return failure.getStatus() != null && failure.getStatus().getMessage() != null
                ? failure.getStatus().getMessage()
                : Objects.requireNonNullElse(failure.getMessage(), failure.toString());
    }

    /** Deletes the pod. Returns when it is gone or terminating; throws when the deletion has to be tried again. */
    void delete(String pod, Optional<String> uid) {
        var options = new DeleteOptionsBuilder()
                .withApiVersion("v1")
                .withKind("DeleteOptions")
                .withGracePeriodSeconds(GRACE_SECONDS);
        uid.ifPresent(id -> options.withNewPreconditions().withUid(id).endPreconditions());
        try {
            var _ = client.raw(path(pod), "DELETE", options.build());
        } catch (KubernetesClientException e) {
            // The pod is gone, or another one has its name. In both cases the one that this runner made does not exist
            // any more.
            if (e.getCode() != 404 && e.getCode() != 409) {
                throw e;
            }
        }
    }

    /** Returns the pods that an earlier instance of the same runner made. */
    List<ObjectMeta> leftovers(String runner, String life) {
        return client
                .pods()
                .inNamespace(namespace)
                .withLabel(PoolLabels.ROLE, PoolLabels.ROLE_SANDBOX)
                .withLabel(PoolLabels.RUNNER, runner)
                .list()
                .getItems()
                .stream()
                .map(Pod::getMetadata)
                .filter(pod -> !life.equals(pod.getLabels().get(PoolLabels.RUNNER_LIFE)))
                .toList();
    }

    /** Opens the attach stream of a running pod. */
    AttachTransport attach(SandboxPod pod, Deadline deadline) throws SandboxStartException, InterruptedException {
        Deadline attachBy = deadline.atMost(LONGEST_ATTACH);
        for (int attempt = 1; ; attempt++) {
            try {
                return attachOnce(pod.name(), attachBy);
            } catch (ExecutionException e) {
                Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
                if (isRefusedSubprotocol(cause) && !subprotocol.equals(V4)) {
                    subprotocol = V4; // and for all later attaches
                    continue;
                }
                String why = "the attach stream was refused: " + cause;
                if (attempt == ATTACHES || attachBy.isOver()) {
                    throw new SandboxStartException(Reason.ATTACH, why, e);
                }
                pod.awaitChange(ATTACH_AGAIN_AFTER);
            } catch (TimeoutException e) {
                throw new SandboxStartException(Reason.ATTACH, "the attach stream did not open in time", e);
            }
        }
    }

    /** Opens the attach stream of a pod that may be running. Does not try again if it is refused. */
    AttachTransport tryAttach(SandboxPod pod, Deadline deadline) throws SandboxStartException, InterruptedException {
        try {
            return attachOnce(pod.name(), deadline.atMost(LONGEST_ATTACH));
        } catch (ExecutionException | TimeoutException e) {
            throw new SandboxStartException(Reason.ATTACH, "the attach stream did not open: " + e, e);
        }
    }

    private AttachTransport attachOnce(String pod, Deadline deadline)
            throws ExecutionException, TimeoutException, InterruptedException {
        AttachTransport transport = new AttachTransport(pod);
        CompletableFuture<WebSocket> socket = client.getHttpClient()
                .newWebSocketBuilder()
                .uri(attachUri(pod))
                .subprotocol(subprotocol)
                .buildAsync(transport);
        boolean open = false;
        try {
            var _ = socket.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
            open = true;
            return transport;
        } finally {
            if (!open) {
                transport.close(); // in case it opens after all
            }
        }
    }

    private URI attachUri(String pod) {
        String query = "/attach?container=" + SandboxPodTemplate.CONTAINER + "&stdin=true&stdout=true&stderr=true";
        return URI.create(client.getMasterUrl().toString()).resolve(path(pod) + query);
    }

    private String path(String pod) {
        return "/api/v1/namespaces/" + namespace + "/pods/" + pod;
    }

    // Servers that do not know a subprotocol answer the upgrade with 400 or 403. Others accept it and name none, which
    // the client refuses.
    private static boolean isRefusedSubprotocol(Throwable failure) {
        if (failure instanceof WebSocketHandshakeException handshake) {
            int code = handshake.getResponse().code();
            return code == 400 || code == 403;
        }
        return String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT).contains("subprotocol");
    }
}
