package dev.sandpool.runner.api.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.HeapShares;
import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.RunningServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which requests for {@code /v1/runs/live} become WebSockets, and what the others are answered. */
class LiveRunHandshakeTest extends LiveRunFixture {
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
}
