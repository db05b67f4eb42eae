package dev.sandpool.e2e;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.awaitility.Awaitility;

/** The network namespace of a pod on the project's own node. What runs here is a program of this machine, whose packets are the pod's. */
final class PodNetwork {
    // Answers a connection by its end, and a datagram by itself.
    private static final String LISTENER = """
            import socket, sys, threading
            port = int(sys.argv[1])
            tcp = socket.create_server(("", port))
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.bind(("", port))
            def echo():
                while True:
                    udp.sendto(*udp.recvfrom(64))
            threading.Thread(target=echo, daemon=True).start()
            while True:
                tcp.accept()[0].close()
            """;
    private static final String POST = """
            import sys, urllib.request
            request = urllib.request.Request(sys.argv[1], sys.stdin.buffer.read(), {"Content-Type": "application/octet-stream"})
            sys.stdout.buffer.write(urllib.request.urlopen(request, timeout=60).read())
            """;

    private final String processId;
    private final String ip;

    private PodNetwork(String processId, String ip) {
        this.processId = processId;
        this.ip = ip;
    }

    /** That of a pod whose only container runs in the node's default runtime. */
    static PodNetwork of(Pod pod) {
        String id = pod.getStatus().getContainerStatuses().getFirst().getContainerID();
        return new PodNetwork(
                Node.processOf(id.substring(id.indexOf("//") + 2)),
                Objects.requireNonNull(pod.getStatus().getPodIP()));
    }

    String ip() {
        return ip;
    }

    /** Opens a port for TCP and UDP, until the process is destroyed. */
    Process listen(int port) throws IOException {
        Process listener = start("python3", "-c", LISTENER, Integer.toString(port));
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> connects("tcp", "127.0.0.1", port));
        return listener;
    }

    /** Whether a connection is made, or for UDP whether an answer comes, within two seconds. */
    boolean connects(String protocol, String address, int port) {
        String open = "exec 3<>/dev/" + protocol + "/" + address + "/" + port;
        String all = protocol.equals("udp") ? open + " && echo x >&3 && head -c 1 <&3 | grep -q x" : open;
        try {
            Process process = start("timeout", "2", "bash", "-c", all);
            process.getInputStream().readAllBytes();
            return process.waitFor() == 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The body of the answer to a POST, or the reason why there is none. */
    String post(String url, byte[] body) throws IOException {
        Process process = start("python3", "-c", POST, url);
        try (var input = process.getOutputStream()) {
            input.write(body);
        }
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private Process start(String... command) throws IOException {
        List<String> words = new ArrayList<>(List.of("nsenter", "--net=/proc/" + processId + "/ns/net"));
        words.addAll(List.of(command));
        return new ProcessBuilder(words).redirectErrorStream(true).start();
    }
}
