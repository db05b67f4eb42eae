package dev.sandpool.runner.api;

import static dev.sandpool.runner.FakeSandboxes.EXIT_0;
import static dev.sandpool.runner.FakeSandboxes.printing;
import static dev.sandpool.runner.RawClient.post;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.RunningServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients of the Go playground's sandbox backend rely on, byte by byte. */
class HttpContractTest {
    private final FakeSandboxes sandboxes = new FakeSandboxes(printing("hi\n", 0));
    private final RunningServer server = new RunningServer(sandboxes, "--binary-limit=1Mi");

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aRunIsAnsweredByTheJsonThatGoWrites() throws IOException {
        var reply = server.ask(post("program"));

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body()).isEqualTo("{\n  \"exitCode\": 0,\n  \"stdout\": \"aGkK\",\n  \"stderr\": \"\"\n}");
        assertThat(reply.headers()).containsEntry("content-type", "application/json");
        assertThat(reply.headers()).containsKeys("content-length", "date", "server-timing");
        assertThat(reply.header("server-timing"))
                .matches("queue;dur=[\\d.]+, claim;dur=[\\d.]+, send;dur=[\\d.]+, run;dur=[\\d.]+");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "DELETE", "PATCH", "OPTIONS"})
    void otherMethodsAreRefused(String method) throws IOException {
        var reply = server.ask(method + " /run HTTP/1.1\r\nHost: x\r\n\r\n");

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body()).isEqualTo("expected a POST\n");
        assertThat(reply.headers()).containsEntry("content-type", "text/plain; charset=utf-8");
        assertThat(reply.headers()).containsEntry("x-content-type-options", "nosniff");
        assertThat(reply.headers()).containsEntry("content-length", "16");
    }

    @Test
    void headGetsTheHeadersOnly() throws IOException {
        try (var client = server.connect()) {
            client.send("HEAD /run HTTP/1.1\r\nHost: x\r\n\r\nHEAD / HTTP/1.1\r\nHost: x\r\n\r\n");

            var refused = client.reply(false);
            var root = client.reply(false);

            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.headers()).containsEntry("content-length", "16");
            assertThat(root.status()).isEqualTo(200);
            assertThat(root.headers()).containsEntry("content-length", "16");
            assertThat(client.ask(post("x")).status()).isEqualTo(200);
        }
    }

    @Test
    void theRootSaysHiAndOtherPathsAreNotFound() throws IOException {
        var root = server.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        var other = server.ask("GET /run/ HTTP/1.1\r\nHost: x\r\n\r\n");

        assertThat(root.status()).isEqualTo(200);
        assertThat(root.body()).isEqualTo("Hi from sandbox\n");
        assertThat(root.headers()).containsEntry("content-type", "text/plain; charset=utf-8");
        assertThat(other.status()).isEqualTo(404);
        assertThat(other.body()).isEqualTo("404 page not found\n");
        assertThat(other.headers()).containsEntry("x-content-type-options", "nosniff");
    }

    @Test
    void argumentsKeepTheirOrderAndTheirBytes() throws IOException {
        var seen = new AtomicReference<List<String>>();
        sandboxes.programIs((request, output, sandbox) -> {
            seen.set(request.arguments());
            sandbox.receive(request);
            return EXIT_0;
        });
        String utf8 = new String("grüße 世界".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        String latin1 = "\u00fc\u00ff\u0080\u0099";

        var reply = server.ask(post(
                "x",
                "X-Argument: -test.v",
                "x-argument: a, b",
                "X-ARGUMENT: " + utf8,
                "X-Argument: " + latin1,
                "X-Argument:",
                "X-Argument:   spaced  out "));

        assertThat(reply.status()).isEqualTo(200);
        assertThat(seen.get()).containsExactly("-test.v", "a, b", utf8, latin1, "", "spaced  out");
    }

    @Test
    void anArgumentWithANulIsRefused() throws IOException {
        assertThat(server.ask(post("x", "X-Argument: a\0b")).status()).isEqualTo(400);
    }

    @Test
    void moreHeadersThanFitAre431() throws IOException {
        var reply = server.ask("GET / HTTP/1.1\r\nHost: x\r\nX-Argument: " + "a".repeat(70_000) + "\r\n\r\n");

        assertThat(reply.status()).isEqualTo(431);
        assertThat(reply.body()).isEqualTo("431 Request Header Fields Too Large");
    }

    @Test
    void chunkedBodiesArriveWholeWhateverTheirChunks() throws IOException {
        var received = new AtomicReference<String>();
        sandboxes.programIs((request, output, sandbox) -> {
            received.set(new String(request.input().program().readAllBytes(), StandardCharsets.ISO_8859_1));
            return EXIT_0;
        });
        String big = "b".repeat(300_001);

        try (var client = server.connect()) {
            client.send("POST /run HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "2\r\nab\r\n" + Integer.toHexString(big.length()) + ";name=value\r\n" + big + "\r\n"
                    + "0\r\nX-Trailer: t\r\n\r\n");
            assertThat(client.reply().status()).isEqualTo(200);
            assertThat(received.get()).isEqualTo("ab" + big);
            assertThat(client.ask(post("next")).status()).isEqualTo(200);
            assertThat(received.get()).isEqualTo("next");
        }
    }

    @Test
    void malformedChunksAre400() throws IOException {
        var reply = server.ask("POST /run HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n");

        assertThat(reply.status()).isEqualTo(400);
    }

    @Test
    void aClientThatExpectsToBeToldToContinueIs() throws IOException {
        try (var client = server.connect()) {
            client.send(RawClient.head(3, "Expect: 100-continue"));
            assertThat(client.reply(false).status()).isEqualTo(100);
            client.send("abc");
            assertThat(client.reply().status()).isEqualTo(200);
        }
    }

    @Test
    void aProgramOverTheLimitIs413BeforeItIsSent() throws IOException {
        try (var client = server.connect()) {
            client.send(RawClient.head((1 << 20) + 1));
            var reply = client.reply();

            assertThat(reply.status()).isEqualTo(413);
            assertThat(reply.body()).isEqualTo("http: request body too large\n");
            assertThat(reply.headers()).containsEntry("connection", "close");
            assertThat(client.isClosedByServer()).isTrue();
        }
        assertThat(sandboxes.runs()).isZero();
    }

    @Test
    void aClientThatWritesOnWhileItIsRefusedReadsTheAnswer() throws IOException {
        try (var client = server.connect()) {
            client.send(RawClient.head(8 << 20)).send(new byte[8 << 20]);

            assertThat(client.reply().status()).isEqualTo(413);
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void requestsFollowEachOtherOnOneConnection() throws IOException {
        try (var client = server.connect()) {
            client.send(post("a") + post("b") + "GET / HTTP/1.1\r\nHost: x\r\n\r\n" + post("c"));

            assertThat(client.reply().status()).isEqualTo(200);
            assertThat(client.reply().status()).isEqualTo(200);
            assertThat(client.reply().body()).isEqualTo("Hi from sandbox\n");
            assertThat(client.reply().status()).isEqualTo(200);
        }
        assertThat(sandboxes.runs()).isEqualTo(3);
    }

    @Test
    void aConnectionIsClosedWhenItsClientAsksForThat() throws IOException {
        try (var client = server.connect()) {
            var reply = client.ask(post("a", "Connection: close"));

            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.headers()).containsEntry("connection", "close");
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void anIdempotencyKeyMeansNothing() throws IOException {
        assertThat(server.ask(post("a", "Idempotency-Key: 1")).status()).isEqualTo(200);
        assertThat(server.ask(post("a", "Idempotency-Key: 1")).status()).isEqualTo(200);
        assertThat(sandboxes.runs()).isEqualTo(2);
    }

    @Test
    void proxiesThatSpeakHttp10AreServed() throws IOException {
        try (var client = server.connect()) {
            var reply = client.ask("POST /run HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc");

            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.headers()).containsEntry("connection", "close");
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void http10IsServedWhateverItSaysOfTheConnection() throws IOException {
        for (String wish : new String[] {"close", "keep-alive"}) {
            try (var client = server.connect()) {
                var reply = client.ask("GET /health HTTP/1.0\r\nConnection: " + wish + "\r\n\r\n");

                assertThat(reply.status()).as(wish).isEqualTo(200);
                assertThat(client.isClosedByServer()).isTrue();
            }
        }
    }

    @Test
    void http11NeedsAHost() throws IOException {
        var reply = server.ask("GET / HTTP/1.1\r\n\r\n");

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body()).isEqualTo("400 Bad Request: missing required Host header\n");
    }

    @Test
    void nonsenseIs400() throws IOException {
        var reply = server.ask("nonsense\r\n\r\n");

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body()).isEqualTo("400 Bad Request");
    }

    @Test
    void anEmptyProgramIsRunToo() throws IOException {
        var size = new AtomicLong(-1);
        sandboxes.programIs((request, output, sandbox) -> {
            size.set(sandbox.receive(request));
            return EXIT_0;
        });

        assertThat(server.ask(post("")).status()).isEqualTo(200);
        assertThat(size).hasValue(0);
    }
}
