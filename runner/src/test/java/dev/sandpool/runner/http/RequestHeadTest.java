package dev.sandpool.runner.http;

import static dev.sandpool.runner.FakeSandboxes.printing;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RunningServer;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever the head of a request says, it is obeyed, ignored or refused: it is never a failure of ours. */
@Timeout(60)
class RequestHeadTest {
    private final FakeSandboxes sandboxes = new FakeSandboxes(printing("hi\n", 0));
    private final RunningServer server = new RunningServer(sandboxes, "--binary-limit=1Mi");

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "P(ST /run",
                " /run",
                "P\u00ffST /run",
                "P\0ST /run",
                "P\nST /run",
                "GET /r\u0001n",
                "GET /r\u00ff",
                "GET /a\nb"
            })
    void aRequestLineThatIsNoneIs400(String line) throws IOException {
        var reply = server.ask(line + " HTTP/1.1\r\nHost: x\r\n\r\n");

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body()).isEqualTo("400 Bad Request");
        assertThat(reply.header("connection")).isEqualTo("close");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "P(ST /v1/runs HTTP/1.1 | 400 | bad-request | the method is malformed",
                "GET /v1/%zz HTTP/1.1 | 400 | bad-request | the head of the request is malformed",
                "GET /v1/runs HTTP/1.1~Content-Length: x | 400 | bad-request | Content length is not a number",
                "GET /v1/runs HTTP/1.1~Transfer-Encoding: gzip, chunked | 501 | not-implemented | Unsupported request transfer encoding",
                "GET /v1/runs HTTP/1.1~: x | 400 | bad-request | a header has no name"
            })
    void belowV1ItIsAProblem(String head, int status, String problem, String detail) throws IOException {
        var reply = server.ask(head.replace("~", "\r\n") + "\r\nHost: x\r\n\r\n");

        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.header("content-type")).isEqualTo("application/problem+json");
        assertThat(reply.body()).contains("/problems/" + problem, "\"" + detail + "\"");
    }

    @Test
    void aLineFeedAloneEndsNoHeader() throws IOException {
        for (String head : new String[] {
            "GET / HTTP/1.1\r\nHost: x\r\nA: b\nc: d",
            "GET / HTTP/1.1\r\nHost: x\r\nA: b\nTransfer-Encoding: chunked",
            "GET / HTTP/1.1\r\nHost: x\nA: b",
            "GET / HTTP/1.1\r\nHost: x\r\nA\n: b",
            "GET / HTTP/1.1\r\nHost: x\r\nA:\nb",
            "GET / HTTP/1.1\nHost: x",
            "GET / HTTP/1.1\nHost: HTTP/1.0",
            "GET /\nHost: x HTTP/1.1\r\nHost: x"
        }) {
            assertThat(server.ask(head + "\r\n\r\n").status()).as(head).isEqualTo(400);
        }
    }

    @Test
    void whoGoesInTheMiddleOfAHeadIsNotAnswered() throws IOException {
        for (String part :
                new String[] {"GET", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost", "GET / HTTP/1.1\r\nHost: x\r\n"}) {
            try (var client = server.connect()) {
                client.send(part).halfClose();

                assertThat(client.isClosedByServer()).as(part).isTrue();
            }
        }
    }

    @Test
    void aRequestLineHasABound() throws IOException {
        String most = "a".repeat(8192 - "GET /v1/pool?x= HTTP/1.1".length());

        assertThat(server.ask("GET /v1/pool?x=" + most.substring(1) + " HTTP/1.1\r\nHost: x\r\n\r\n")
                        .status())
                .isEqualTo(200);
        var reply = server.ask("GET /v1/pool?x=" + most + " HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(reply.status()).isEqualTo(414);
        assertThat(reply.body()).contains("/problems/uri-too-long", "the request line is longer than 8192 bytes");
        var run = server.ask("GET /run?x=" + most + "aaaaa HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(run.status()).isEqualTo(414);
        assertThat(run.body()).isEqualTo("414 Request-URI Too Long");
    }

    @Test
    void moreHeadersThanFitAreAProblemBelowV1() throws IOException {
        var reply = server.ask("GET /v1/pool HTTP/1.1\r\nHost: x\r\nX-Argument: " + "a".repeat(70_000) + "\r\n\r\n");

        assertThat(reply.status()).isEqualTo(431);
        assertThat(reply.body()).contains("/problems/headers-too-large", "larger than 61440 bytes");
    }

    @ParameterizedTest
    @CsvSource({
        "?arguments=%zz, arguments, %zz",
        "?arguments=a&arguments=%FF, arguments, %FF",
        "?stdin=%C3, stdin, %C3",
        "?environment=A=%ED%A0%80, environment, A=%ED%A0%80",
        "?%FF=x, %FF, x"
    })
    void anOptionOfTheQueryThatIsNoTextIsNamed(String query, String field, String value) throws IOException {
        var reply = server.ask("POST /v1/runs" + query + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body())
                .contains("/problems/bad-option", "\"field\" : \"" + field + "\"", "\"value\" : \"" + value + "\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"arguments\":[\"\\ud800\"]}",
                "{\"environment\":{\"A\":\"\\udc00\"}}",
                "{\"stdin\":\"\\ud800x\"}",
                "{\"arguments\":[\"\u00ff\"]}",
                "{} {}",
                "{\"id\":\"a\",\"id\":\"b\"}",
                "{\"pids\":1}\r\nSandpool-Options: {\"pids\":2}"
            })
    void optionsThatWouldReachTheProgramAsOthersAreRefused(String options) throws IOException {
        var reply = server.ask(
                "POST /v1/runs HTTP/1.1\r\nHost: x\r\nSandpool-Options: " + options + "\r\nContent-Length: 1\r\n\r\nx");

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.header("content-type")).isEqualTo("application/problem+json");
    }

    @Test
    void anAcceptThatIsNoneIsAnsweredLikeOneThatAsksForSomethingElse() throws IOException {
        for (String accept : new String[] {"garbage", "application/json;q=x", "/", ";", "\u00ff"}) {
            var reply = server.ask(
                    "POST /v1/runs HTTP/1.1\r\nHost: x\r\nAccept: " + accept + "\r\nContent-Length: 1\r\n\r\nx");
            assertThat(reply.status()).as(accept).isEqualTo(406);
        }
    }

    @Test
    void theQueryOfAFrontendMeansNothing() throws IOException {
        assertThat(server.ask("POST /run?%zz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/run", "/v1/runs"})
    void whoIsRefusedIsNotToldToContinue(String path) throws IOException {
        try (var client = server.connect()) {
            client.send(
                    "POST " + path + " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1048577\r\n\r\n");

            assertThat(client.reply().status()).isEqualTo(413);
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    void whoIsNotRefusedIs() throws IOException {
        try (var client = server.connect()) {
            client.send(
                    "POST /v1/runs?arguments=a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
            assertThat(client.reply(false).status()).isEqualTo(100);
            client.send("abc");
            assertThat(client.reply().status()).isEqualTo(200);
        }
    }
}
