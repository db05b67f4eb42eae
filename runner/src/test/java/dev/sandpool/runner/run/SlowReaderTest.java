package dev.sandpool.runner.run;

import static dev.sandpool.runner.FakeSandboxes.EXIT_0;
import static dev.sandpool.runner.RawClient.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.sandbox.Outcome;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.StandardStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Clients that are told of a run as it goes on, and do not read, or do not end. */
@Order(1)
class SlowReaderTest {
    private static final byte[] MUCH = new byte[64 * 1024];

    private final FakeSandboxes sandboxes = new FakeSandboxes((request, output, sandbox) -> {
        sandbox.receive(request);
        output.started();
        while (sandbox.timeLeft().isPositive() && !sandbox.isClosed()) {
            output.write(StandardStream.STDOUT, MUCH, 0, MUCH.length);
        }
        return sandbox.isClosed() ? new RunResult.Cancelled() : new RunResult.TimedOut(RunResult.Facts.NONE);
    });
    // Who asks after a slow reader has time to wait for the slot.
    private final RunningServer server =
            new RunningServer(sandboxes, "--workers=1", "--run-timeout=1m", "--queue-timeout=1m");

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aStreamThatNobodyReadsGivesItsSlotBackWhenItsTimeIsUp() throws Exception {
        sandboxes.runTimeoutIs(Duration.ofMillis(500));
        try (var client = server.connect()) {
            client.send(
                    "POST /v1/runs HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\nContent-Length: 1\r\n\r\np");

            assertThatTheSlotComesFree();
        }
    }

    @Test
    void aStreamThatNobodyReadsGivesItsSlotBackWhenItIsCancelled() throws Exception {
        sandboxes.runTimeoutIs(Duration.ofMinutes(5));
        try (var client = server.connect()) {
            client.send(
                    "POST /v1/runs?id=mine HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\nContent-Length: 1\r\n\r\np");
            await().until(() -> sandboxes.runs() == 1);

            assertThat(server.ask("DELETE /v1/runs/mine HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                            .status())
                    .isEqualTo(204);

            assertThatTheSlotComesFree();
        }
    }

    @Test
    void aLiveRunThatNobodyReadsGivesItsSlotBackWhenItsTimeIsUp() throws Exception {
        sandboxes.runTimeoutIs(Duration.ofMillis(500));
        try (var client = upgraded()) {
            client.send(text("{}")).send(binary(1)).send(text("{\"event\":\"program-end\"}"));

            assertThatTheSlotComesFree();
        }
    }

    private void assertThatTheSlotComesFree() throws IOException {
        await().until(() -> sandboxes.runs() == 1);
        sandboxes.programIs((request, _, sandbox) -> {
            sandbox.receive(request);
            return EXIT_0;
        });
        assertThat(server.ask(post("another")).status()).isEqualTo(200);
    }

    @Test
    void aLiveRunEndsWithItsConnection() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            return sandbox.hang();
        });
        try (var client = upgraded()) {
            client.send(text("{}")).send(binary(1)).send(text("{\"event\":\"program-end\"}"));
            await().until(() -> sandboxes.runs() == 1);
            client.reset();
        }

        await().untilAsserted(() -> assertThat(server.ended)
                .singleElement()
                .satisfies(run -> assertThat(run.outcome()).isEqualTo(Outcome.CLIENT_GONE)));
    }

    /** It neither reads nor says that it has heard: it just goes on. */
    @Test
    void aLiveClientThatIsRefusedIsReadAndThenLetGo() throws Exception {
        try (var client = upgraded()) {
            client.send(text("{\"pids\":1000000}"));
            try {
                for (int i = 0; i < 100; i++) {
                    client.send(binary(60_000));
                }
            } catch (IOException e) {
                // It was let go while it was still sending.
            }

            assertThat(client.isEndedByServer()).isTrue();
        }
    }

    @Test
    void aLiveClientThatSaysNothingIsLetGo() throws Exception {
        try (var client = upgraded()) {
            assertThat(client.isEndedByServer()).isTrue();
        }
    }

    private RawClient upgraded() throws IOException {
        var client = server.connect();
        var reply = client.ask("GET /v1/runs/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
        assertThat(reply.status()).isEqualTo(101);
        return client;
    }

    private static byte[] text(String message) {
        return frame(0x81, message.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] binary(int length) {
        return frame(0x82, new byte[length]);
    }

    /** A whole message, masked with zeros. */
    private static byte[] frame(int head, byte[] payload) {
        byte[] frame = new byte[8 + payload.length];
        frame[0] = (byte) head;
        frame[1] = (byte) (0x80 | 126);
        frame[2] = (byte) (payload.length >> 8);
        frame[3] = (byte) payload.length;
        System.arraycopy(payload, 0, frame, 8, payload.length);
        return frame;
    }
}
