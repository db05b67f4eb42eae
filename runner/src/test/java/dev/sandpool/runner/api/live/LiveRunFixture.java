package dev.sandpool.runner.api.live;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.RunningServer;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;

/** A server for {@code /v1/runs/live}, and clients that send frames byte by byte. */
class LiveRunFixture {
    static final int PATIENCE_SECONDS = 20;

    final FakeSandboxes sandboxes = new FakeSandboxes(FakeSandboxes.printing("", 0));
    final RunningServer server = new RunningServer(sandboxes);

    @AfterEach
    void stop() {
        server.close();
    }

    RawClient upgradedClient(String protocol) throws Exception {
        RawClient client = server.connect();
        assertThat(client.ask(upgrade(protocol)).status()).as(protocol).isEqualTo(101);
        return client;
    }

    static String upgrade(String protocol) {
        return "GET /v1/runs/live HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: " + protocol
                + "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    }

    /** A frame with a mask of zeros. */
    static byte[] frame(int head, byte[] content) {
        ByteBuffer frame = ByteBuffer.allocate(14 + content.length).put((byte) head);
        if (content.length < 126) {
            frame.put((byte) (0x80 | content.length));
        } else {
            frame.put((byte) 0xff).putLong(content.length);
        }
        frame.putInt(0).put(content).flip();
        return Arrays.copyOf(frame.array(), frame.limit());
    }
}
