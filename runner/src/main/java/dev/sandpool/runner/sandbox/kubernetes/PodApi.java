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

/** The requests that a runner makes to the API server, and what their failures mean for the start of a sandbox. */
final class PodApi {
    // As TCP connects and the kubelet answers: 10 to 25 ms where all is well.
    private static final Duration LONGEST_ATTACH = Duration.ofSeconds(5);

    // A pod can be Running in the watch a moment before its container can be attached.
    private static final Duration ATTACH_AGAIN_AFTER = Duration.ofMillis(100);
    private static final int ATTACHES = 5;

    // contained has ended with its stream, so there is nobody to be gentle to, and no container that could still write
    // anywhere.
    // Measured for six pods at once: 0.15 CPU seconds a pod in the API server, etcd, the kubelet and containerd, all
    // gone after
    // 1.2 s; with 1 second's grace, which waits for the kubelet's word, 0.24 and 1.7 s.
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

    /** Whether a pod may be there although its creation failed: the answer was lost, or never came. */
    static boolean mayHaveCreated(SandboxStartException failure) {
        return failure.reason() == Reason.API_SERVER;
    }

    static Reason reason(KubernetesClientException failure) {
        return switch (failure.getCode()) {
            case 403 -> message(failure).contains("exceeded quota") ? Reason.QUOTA : Reason.FORBIDDEN;
            // Also a namespace that is not there and a pod that an admission policy does not like: all for a person to
            // mend.
            case 400, 401, 404, 422 -> Reason.FORBIDDEN;
            default -> Reason.API_SERVER;
        };
    }

    static String message(KubernetesClientException failure) {
        return failure.getStatus() != null && failure.getStatus().getMessage() != null
                ? failure.getStatus().getMessage()
                : Objects.requireNonNullElse(failure.getMessage(), failure.toString());
    }

    /** Returns when the pod is gone or going; fails when it must be tried again. */
    void delete(String pod, Optional<String> uid) {
        var options = new DeleteOptionsBuilder()
                .withApiVersion("v1")
                .withKind("DeleteOptions")
                .withGracePeriodSeconds(GRACE_SECONDS);
        uid.ifPresent(id -> options.withNewPreconditions().withUid(id).endPreconditions());
        try {
            var _ = client.raw(path(pod), "DELETE", options.build());
        } catch (KubernetesClientException e) {
            // Gone, or another pod by that name: what we made is no more.
            if (e.getCode() != 404 && e.getCode() != 409) {
                throw e;
            }
        }
    }

    /** Those that an earlier life of the same runner made. */
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

    /** Opens the attach stream of a pod that runs. */
    AttachTransport attach(SandboxPod pod, Deadline deadline) throws SandboxStartException, InterruptedException {
        Deadline attachBy = deadline.atMost(LONGEST_ATTACH);
        for (int attempt = 1; ; attempt++) {
            try {
                return attachOnce(pod.name(), attachBy);
            } catch (ExecutionException e) {
                Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
                if (isRefusedSubprotocol(cause) && !subprotocol.equals(V4)) {
                    subprotocol = V4; // and for all that come after
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

    /** Opens the attach stream of a pod that may run by now; what is refused is not tried again. */
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
                transport.close(); // should it open after all
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

    // 400 and 403: what servers that do not know a subprotocol say to an upgrade; others say yes and name none, which
    // the client refuses.
    private static boolean isRefusedSubprotocol(Throwable failure) {
        if (failure instanceof WebSocketHandshakeException handshake) {
            int code = handshake.getResponse().code();
            return code == 400 || code == 403;
        }
        return String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT).contains("subprotocol");
    }
}
