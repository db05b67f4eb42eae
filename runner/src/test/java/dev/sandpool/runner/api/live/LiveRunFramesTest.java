package dev.sandpool.runner.api.live;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RawClient;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The frames of a WebSocket that a client sends: fragments, texts that are too long, and what is no frame. */
class LiveRunFramesTest extends LiveRunFixture {
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
}
