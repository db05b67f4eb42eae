package dev.sandpool.runner.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.RunningServer;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Chunked bodies, as strict as Go's net/http: nobody before us may see the end of a request where we do not. */
@Order(1)
@Timeout(60)
class ChunkedFramingTest {
    private static final String HEAD = "POST /run HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

    private final AtomicReference<String> received = new AtomicReference<>();
    private final FakeSandboxes sandboxes = new FakeSandboxes((request, output, sandbox) -> {
        received.set(new String(request.input().program().readAllBytes(), ISO_8859_1));
        return FakeSandboxes.EXIT_0;
    });
    private final RunningServer server = new RunningServer(sandboxes);

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // In place of the line end after a chunk.
                "5\r\nhelloXX0\r\n\r\n",
                "5\r\nhello\n\n0\r\n\r\n",
                "5\r\nhello\r0\r\n\r\n",
                "2\r\nhiXX0\r\n\r\n",
                // In the line before a chunk.
                "5\nhello\r\n0\r\n\r\n",
                "5;\nxx\r\nhello\r\n0\r\n\r\n",
                "5;a\rb\r\nhello\r\n0\r\n\r\n",
                "5 ;a\r\nhello\r\n0\r\n\r\n",
                " 5\r\nhello\r\n0\r\n\r\n",
                "+5\r\nhello\r\n0\r\n\r\n",
                "0x5\r\nhello\r\n0\r\n\r\n",
                "\r\nhello\r\n0\r\n\r\n",
                ";a\r\nhello\r\n0\r\n\r\n",
                "10000000000000000\r\nhello\r\n0\r\n\r\n",
                // At the end.
                "0\n\r\n",
                "0\r\n\n\r\n",
                "0\r\nno colon\r\n\r\n",
                "0\r\n: x\r\n\r\n",
                "0\r\nA: b\nC: d\r\n\r\n"
            })
    void whatIsNotChunkedIs400AndNoOtherRequestComesOfIt(String body) throws IOException {
        try (var client = server.connect()) {
            client.send(HEAD + body + "GET / HTTP/1.1\r\nHost: x\r\n\r\n");

            assertThat(client.reply().status()).isEqualTo(400);
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void extensionsOfLittleDataAreTooMuch() throws IOException {
        String chunk = "1;" + "x".repeat(1000) + "\r\na\r\n";

        assertThat(server.ask(HEAD + chunk.repeat(15) + "0\r\n\r\n").status()).isEqualTo(200);
        assertThat(server.ask(HEAD + chunk.repeat(20) + "0\r\n\r\n").status()).isEqualTo(400);
        assertThat(server.ask(HEAD + "1;" + "x".repeat(5000) + "\r\na\r\n0\r\n\r\n")
                        .status())
                .isEqualTo(400);
        assertThat(server.ask(HEAD + "0\r\nX: " + "x".repeat(5000) + "\r\n\r\n").status())
                .isEqualTo(400);
    }

    @Test
    void bytesOneByOneAreFine() throws IOException {
        try (var client = server.connect()) {
            assertThat(client.ask(HEAD + "1\r\na\r\n".repeat(20_000)
                                    + "2 \t\r\nbc\r\n002;x=y\r\nde\r\n0\r\nT: u\r\n\r\n")
                            .status())
                    .isEqualTo(200);
            assertThat(received.get()).isEqualTo("a".repeat(20_000) + "bcde");
            assertThat(client.ask(RawClient.post("next")).status()).isEqualTo(200);
        }
    }
}
