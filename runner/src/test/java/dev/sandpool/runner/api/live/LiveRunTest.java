package dev.sandpool.runner.api.live;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.StandardStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A run over {@code /v1/runs/live}, with the WebSocket client of the JDK. */
class LiveRunTest extends LiveRunFixture {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newHttpClient();

    @AfterEach
    void disconnect() {
        http.shutdownNow();
    }

    @Test
    void aProgramThatEchoesAnswersWhileItRuns() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            assertThat(sandbox.receive(request)).isEqualTo(8);
            output.started();
            byte[] line = new byte[100];
            var input = request.input().standardInput();
            for (int read = input.read(line); read >= 0; read = input.read(line)) {
                output.write(StandardStream.STDOUT, line, 0, read);
            }
            return new RunResult.Exited(request.arguments().size(), RunResult.Facts.NONE);
        });
        var events = new Events();
        WebSocket socket = connect(events);

        text(socket, "{\"arguments\":[\"a\",\"b\"]}");
        binary(socket, "prog");
        binary(socket, "ram!");
        text(socket, "{\"event\":\"program-end\"}");
        assertThat(events.next().path("event").asText()).isEqualTo("started");
        binary(socket, "one HTTP/1.0");
        assertThat(events.next().path("text").asText()).isEqualTo("one HTTP/1.0");
        binary(socket, "two");
        assertThat(events.next().path("text").asText()).isEqualTo("two");
        text(socket, "{\"event\":\"stdin-end\"}");

        JsonNode exit = events.next();
        assertThat(exit.path("event").asText()).isEqualTo("exit");
        assertThat(exit.path("exitCode").asInt()).isEqualTo(2);
        assertThat(events.closed.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(WebSocket.NORMAL_CLOSURE);
    }

    @Test
    void aRunIsCancelledByAMessageAndByClosing() throws Exception {
        var running = new CountDownLatch(2);
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            running.countDown();
            return sandbox.hang();
        });
        var events = new Events();
        WebSocket cancelled = connect(events);
        WebSocket closed = connect(new Events());
        for (WebSocket socket : new WebSocket[] {cancelled, closed}) {
            text(socket, "{}");
            binary(socket, "program");
            text(socket, "{\"event\":\"program-end\"}");
        }
        assertThat(running.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();

        text(cancelled, "{\"event\":\"cancel\"}");
        closed.sendClose(WebSocket.NORMAL_CLOSURE, "").get(PATIENCE_SECONDS, TimeUnit.SECONDS);

        assertThat(events.next().path("event").asText()).isEqualTo("started");
        assertThat(events.next().path("type").asText()).isEqualTo("/problems/cancelled");
        await().untilAsserted(() -> assertThat(server.askAdmin("/metrics").body())
                .contains("sandpool_runs_total{outcome=\"client_gone\"} 1.0")
                .contains("sandpool_runs_total{outcome=\"cancelled\"} 1.0"));
    }

    @Test
    void aSignalReachesTheProgram() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            return new RunResult.Signalled(sandbox.awaitSignal(), RunResult.Facts.NONE);
        });
        var events = new Events();
        WebSocket socket = connect(events);
        text(socket, "{}");
        binary(socket, "program");
        text(socket, "{\"event\":\"program-end\"}");
        assertThat(events.next().path("event").asText()).isEqualTo("started");

        text(socket, "{\"event\":\"signal\",\"signal\":\"SIGTERM\"}");

        assertThat(events.next().path("signal").asText()).isEqualTo("SIGTERM");
    }

    @Test
    void whatIsWrongIsSaidAndEndsTheConversation() throws Exception {
        var noOptions = new Events();
        binary(connect(noOptions), "program");
        var tooMuch = new Events();
        text(connect(tooMuch), "{\"pids\": 1000000}");
        binaryThenEnd(tooMuch);

        assertThat(noOptions.next().path("detail").asText())
                .isEqualTo("the first message must be the options, as JSON, in a text message");
        assertThat(tooMuch.next().path("field").asText()).isEqualTo("pids");
        assertThat(sandboxes.runs()).isZero();
    }

    @Test
    void aRunHasTheIdThatItsClientChose() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            return sandbox.hang();
        });
        var events = new Events();
        WebSocket socket = connect(events);
        text(socket, "{\"id\":\"mine\"}");
        binary(socket, "program");
        text(socket, "{\"event\":\"program-end\"}");
        assertThat(events.next().path("id").asText()).isEqualTo("mine");

        assertThat(server.ask("DELETE /v1/runs/mine HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                        .status())
                .isEqualTo(204);

        assertThat(events.next().path("type").asText()).isEqualTo("/problems/cancelled");
    }

    @Test
    void aProgramMayBeOneMessageOfAnySize() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            byte[] size = Long.toString(sandbox.receive(request)).getBytes(UTF_8);
            output.started();
            output.write(StandardStream.STDOUT, size, 0, size.length);
            return FakeSandboxes.EXIT_0;
        });
        var events = new Events();
        WebSocket socket = connect(events);
        text(socket, "{}");
        socket.sendBinary(ByteBuffer.allocate(5 << 20), true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        text(socket, "{\"event\":\"program-end\"}");

        assertThat(events.next().path("event").asText()).isEqualTo("started");
        assertThat(events.next().path("text").asText()).isEqualTo(Integer.toString(5 << 20));
    }

    /** The options are looked at when something of the program has come. */
    private static void binaryThenEnd(Events events) throws Exception {
        WebSocket socket = events.socket.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        binary(socket, "x");
    }

    private WebSocket connect(Events events) throws Exception {
        WebSocket socket = http.newWebSocketBuilder()
                .buildAsync(URI.create("ws://127.0.0.1:" + server.server.port() + "/v1/runs/live"), events)
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        events.socket.complete(socket);
        return socket;
    }

    private static void text(WebSocket socket, String message) throws Exception {
        socket.sendText(message, true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private static void binary(WebSocket socket, String bytes) throws Exception {
        socket.sendBinary(ByteBuffer.wrap(bytes.getBytes(UTF_8)), true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private static final class Events implements WebSocket.Listener {
        private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
        private final StringBuilder message = new StringBuilder();
        private final CompletableFuture<Integer> closed = new CompletableFuture<>();
        private final CompletableFuture<WebSocket> socket = new CompletableFuture<>();

        JsonNode next() throws Exception {
            String next = messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return JSON.readTree(next == null ? "{}" : next);
        }

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            message.append(data);
            if (last) {
                messages.add(message.toString());
                message.setLength(0);
            }
            from.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket from, int status, String reason) {
            closed.complete(status);
            return null;
        }
    }
}
