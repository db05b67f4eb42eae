package dev.sandpool.runner;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A program for {@link FloodIT}: a server in a JVM with a small heap, and strangers at one address who send it everything that can come
 * before a run is admitted, and never the end of it. After each kind somebody at another address is served.
 */
final class FloodProbe {
    private static final int HEADS = 1500;
    private static final int LIVE_RUNS = 300;
    private static final int BODIES = 300;
    private static final String MANY_OPTIONS = "{\"arguments\":[" + "\"a\",".repeat(15_000) + "\"a\"]}";

    private FloodProbe() {}

    private interface Stranger {
        void send(Socket to) throws IOException;
    }

    public static void main(String[] arguments) throws Exception {
        var sandboxes = new FakeSandboxes(FakeSandboxes.printing("hello", 0));
        try (var server = new RunningServer(sandboxes, "--spool-directory=" + arguments[0])) {
            int port = server.server.port();
            flood(port, "idle connections", HEADS, _ -> {});
            flood(port, "half heads", HEADS, to -> write(to, "GET / HTTP/1.1\r\nHost: x\r\nX: " + "a".repeat(59_000)));
            flood(
                    port,
                    "heads of many lines",
                    HEADS,
                    to -> write(to, "GET / HTTP/1.1\r\nHost: x\r\n" + "a:b\r\n".repeat(11_000)));
            flood(
                    port,
                    "half bodies",
                    BODIES,
                    to -> write(
                            to,
                            "POST /run HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + "a".repeat(60_000)));
            flood(port, "many options", BODIES, to -> write(to, halfForm()));
            flood(port, "half messages", LIVE_RUNS, to -> message(to, 1 << 20, new byte[60_000]));
            flood(
                    port,
                    "live runs of many options",
                    LIVE_RUNS,
                    to -> message(to, MANY_OPTIONS.length(), MANY_OPTIONS.getBytes(StandardCharsets.US_ASCII)));
        }
        System.out.println("all right");
        System.exit(0);
    }

    private static void flood(int port, String what, int times, Stranger stranger) throws IOException {
        List<Socket> all = new ArrayList<>();
        try {
            for (int i = 0; i < times; i++) {
                var socket = new Socket(InetAddress.getLoopbackAddress(), port);
                all.add(socket);
                try {
                    stranger.send(socket);
                } catch (IOException e) {
                    socket.close(); // refused, as it should be sooner or later
                }
            }
            for (String request : new String[] {
                "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                "POST /run HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"
            }) {
                String answer = askFromElsewhere(port, request);
                if (!answer.startsWith("HTTP/1.1 200 ")) {
                    throw new IOException("with " + what + " another caller got: " + answer);
                }
            }
        } finally {
            for (Socket socket : all) {
                socket.close();
            }
        }
    }

    private static String askFromElsewhere(int port, String request) throws IOException {
        try (var socket = new Socket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 2}), 0));
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            socket.setSoTimeout(30_000);
            write(socket, request);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** All of its options, and the beginning of its program. */
    private static String halfForm() {
        return "POST /v1/runs HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                + "Content-Length: 1000000\r\n\r\n--b\r\nContent-Disposition: form-data; name=options\r\n\r\n"
                + MANY_OPTIONS
                + "\r\n--b\r\nContent-Disposition: form-data; name=program\r\n\r\nx";
    }

    /** The beginning, or all, of a text message of that length. */
    private static void message(Socket to, int length, byte[] content) throws IOException {
        to.setSoTimeout(30_000);
        write(
                to,
                "GET /v1/runs/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        byte[] head = to.getInputStream().readNBytes(12);
        if (new String(head, StandardCharsets.US_ASCII).endsWith("101")) {
            to.getOutputStream()
                    .write(ByteBuffer.allocate(14 + content.length)
                            .put((byte) 0x81)
                            .put((byte) 0xff)
                            .putLong(length)
                            .putInt(0)
                            .put(content)
                            .array());
        }
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }
}
