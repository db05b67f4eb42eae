package dev.sandpool.runner.api.live;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.HeapShares;
import dev.sandpool.runner.HttpClock;
import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.StandardStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code /v1/runs/live} with a real WebSocket. */
class LiveRunTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PATIENCE_SECONDS = 20;

    private final FakeSandboxes sandboxes = new FakeSandboxes(FakeSandboxes.printing("", 0));
    private final RunningServer server = new RunningServer(sandboxes);
    private final HttpClient http = HttpClient.newHttpClient();

    @AfterEach
    void stop() {
        http.shutdownNow();
        server.close();
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
    void aPageOfAnotherHostMayNotUnlessThePoolAllowsIt() throws Exception {
        assertThat(upgraded("https://page.example")).isEqualTo(403);
        assertThat(upgraded("http://x")).isEqualTo(101);

        try (var open = new RunningServer(sandboxes, "--cors-origins=https://page.example")) {
            server.server.apply(open.settings);
        }
        assertThat(upgraded("https://page.example")).isEqualTo(101);
        assertThat(upgraded("https://other.example")).isEqualTo(403);
    }

    private int upgraded(String origin) throws Exception {
        return server.ask("GET /v1/runs/live HTTP/1.1\r\nHost: x\r\nOrigin: " + origin
                        + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                .status();
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

    @Test
    void aCharacterMayBeginInOneFragmentAndEndInAnother() throws Exception {
        var said = new LinkedBlockingQueue<String>();
        sandboxes.programIs((request, output, sandbox) -> {
            said.add(new String(request.arguments().getFirst().getBytes(ISO_8859_1), UTF_8));
            sandbox.receive(request);
            return FakeSandboxes.EXIT_0;
        });
        byte[] options = "{\"arguments\":[\"你好\"]}".getBytes(UTF_8);
        try (var client = upgradedClient("websocket")) {
            client.send(frame(0x01, Arrays.copyOf(options, 17)))
                    .send(frame(0x80, Arrays.copyOfRange(options, 17, options.length)))
                    .send(frame(0x82, "program".getBytes(UTF_8)))
                    .send(frame(0x81, "{\"event\":\"program-end\"}".getBytes(UTF_8)));

            assertThat(said.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("你好");
        }
    }

    @Test
    void aTextThatIsTooLongOrNoTextIsAProblem() throws Exception {
        try (var tooLong = upgradedClient("websocket");
                var noText = upgradedClient("websocket")) {
            tooLong.send(frame(0x81, new byte[65_537]));
            noText.send(frame(0x81, new byte[] {'{', (byte) 0xe4, '}'}));

            assertThat(tooLong.frame()).contains("a text message is larger than 65536 bytes");
            assertThat(noText.frame()).contains("a text message is not UTF-8");
        }
    }

    @Test
    void whatIsNoWebSocketIsToldSoByACloseFrame() throws Exception {
        try (var reservedOpcode = upgradedClient("websocket");
                var reservedBit = upgradedClient("websocket");
                var unmasked = upgradedClient("websocket");
                var continuesNothing = upgradedClient("websocket")) {
            reservedOpcode.send(frame(0x83, new byte[0]));
            reservedBit.send(frame(0xc1, new byte[0]));
            unmasked.send(new byte[] {(byte) 0x81, 0});
            continuesNothing.send(frame(0x80, new byte[0]));

            for (RawClient client : List.of(reservedOpcode, reservedBit, unmasked, continuesNothing)) {
                assertThat(client.frame()).startsWith("\u0003\u00ea");
                assertThat(client.isEndedByServer()).isTrue();
            }
        }
        try (var gone = upgradedClient("websocket")) {
            gone.reset();
        }
    }

    @Test
    void upgradeIsAListInAnyCapitals() throws Exception {
        for (String upgrade : List.of("WebSocket", "WEBSOCKET", "websocket, foo", "foo, websocket")) {
            upgradedClient(upgrade).close();
        }
        var without = server.ask("GET /v1/runs/live HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(without.status()).isEqualTo(426);
        assertThat(without.header("upgrade")).isEqualTo("websocket");
    }

    @Test
    void oneCallerHasHalfOfTheLiveRunsThatMayBeOpenAndIsToldBeforeTheUpgrade() throws Exception {
        var open = new ArrayList<RawClient>();
        try {
            int status;
            do {
                var client = server.connect();
                open.add(client);
                client.send(upgrade("websocket"));
                status = client.reply().status();
            } while (status == 101 && open.size() <= HeapShares.ofThisProcess().liveRuns());

            assertThat(status).isEqualTo(429);
            assertThat(open).hasSize(HeapShares.ofThisProcess().liveRuns() / 2 + 1);
        } finally {
            for (RawClient client : open) {
                client.close();
            }
        }
    }

    @Test
    void whoHasNoTokenGetsNoWebSocket(@TempDir Path tokens) throws Exception {
        Files.writeString(tokens.resolve("a"), "s3cret");
        try (var closed = new RunningServer(sandboxes, "--tokens-directory=" + tokens)) {
            var refused = closed.ask(upgrade("websocket"));

            assertThat(refused.status()).isEqualTo(401);
            assertThat(refused.header("www-authenticate")).isEqualTo("Bearer");
            assertThat(refused.body()).contains("/problems/unauthenticated");
            assertThat(closed.ask(upgrade("websocket\r\nAuthorization: Bearer s3cret"))
                            .status())
                    .isEqualTo(101);
        }
    }

    @Test
    void aRunThatIsClosedLeavesNothingToTheClock() throws Exception {
        var clock = new WatchedClock();
        try (var watched = new RunningServer(sandboxes, HeapShares.ofThisProcess(), clock)) {
            try (var saysNothing = watched.connect();
                    var isRefused = watched.connect()) {
                assertThat(saysNothing.ask(upgrade("websocket")).status()).isEqualTo(101);
                assertThat(isRefused.ask(upgrade("websocket")).status()).isEqualTo(101);
                saysNothing.send(frame(0x01, new byte[60_000]));
                isRefused.send(frame(0x81, new byte[] {'['}));
                assertThat(isRefused.frame()).contains("/problems/bad-request");
            }

            await().untilAsserted(() -> assertThat(clock.asked).hasSize(3).allMatch(Future::isCancelled));
            assertThat(clock.asked).noneMatch(clock.getQueue()::contains);
        }
    }

    @Test
    void aRunThatEndsAfterItsConnectionAsksTheClockForNothing() throws Exception {
        var clock = new WatchedClock();
        var goesOn = new CountDownLatch(1);
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            sandbox.awaitClose();
            goesOn.await();
            return FakeSandboxes.EXIT_0;
        });
        try (var watched = new RunningServer(sandboxes, HeapShares.ofThisProcess(), clock)) {
            try (var client = watched.connect()) {
                assertThat(client.ask(upgrade("websocket")).status()).isEqualTo(101);
                client.send(frame(0x81, new byte[] {'{', '}'}))
                        .send(frame(0x82, new byte[] {'x'}))
                        .send(frame(0x81, "{\"event\":\"program-end\"}".getBytes(UTF_8)));
                assertThat(client.frame()).contains("started");
            }
            await().untilAsserted(() -> assertThat(clock.asked).first().matches(Future::isCancelled));
            goesOn.countDown();

            await().until(() -> !watched.ended.isEmpty());
            await().untilAsserted(() -> assertThat(clock.asked).allMatch(Future::isCancelled));
        }
    }

    @Test
    void whatOthersPrintTakesNothingFromItsMessages() throws Exception {
        var printed = new CountDownLatch(1);
        var options = new LinkedBlockingQueue<Integer>();
        sandboxes.programIs((request, output, sandbox) -> {
            if (sandbox.receive(request) == 1) {
                output.write(StandardStream.STDOUT, new byte[100_000], 0, 100_000);
                printed.countDown();
                return sandbox.hang();
            }
            options.add(request.arguments().getFirst().length());
            return FakeSandboxes.EXIT_0;
        });
        try (var small = new RunningServer(sandboxes, new HeapShares(64 << 10), new HttpClock());
                var other = small.connect();
                var client = small.connect()) {
            other.send(RawClient.post("x"));
            assertThat(printed.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(small.registry.get("sandpool.memory.left").gauge().value())
                    .isEqualTo(4096);

            assertThat(client.ask(upgrade("websocket")).status()).isEqualTo(101);
            client.send(frame(0x81, ("{\"arguments\":[\"" + "a".repeat(50_000) + "\"]}").getBytes(UTF_8)))
                    .send(frame(0x82, "program".getBytes(UTF_8)))
                    .send(frame(0x81, "{\"event\":\"program-end\"}".getBytes(UTF_8)));

            assertThat(options.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(50_000);
        }
    }

    /** Remembers what it was asked to do once, later. */
    private static final class WatchedClock extends HttpClock {
        private final List<ScheduledFuture<?>> asked = new CopyOnWriteArrayList<>();

        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            ScheduledFuture<?> future = super.schedule(task, delay, unit);
            asked.add(future);
            return future;
        }
    }

    private RawClient upgradedClient(String protocol) throws Exception {
        RawClient client = server.connect();
        assertThat(client.ask(upgrade(protocol)).status()).as(protocol).isEqualTo(101);
        return client;
    }

    private static String upgrade(String protocol) {
        return "GET /v1/runs/live HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: " + protocol
                + "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    }

    /** A frame with a mask of zeros. */
    private static byte[] frame(int head, byte[] content) {
        ByteBuffer frame = ByteBuffer.allocate(14 + content.length).put((byte) head);
        if (content.length < 126) {
            frame.put((byte) (0x80 | content.length));
        } else {
            frame.put((byte) 0xff).putLong(content.length);
        }
        frame.putInt(0).put(content).flip();
        return Arrays.copyOf(frame.array(), frame.limit());
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
