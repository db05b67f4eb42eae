package dev.sandpool.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.RunningServer;
import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CorsTest {
    private static final Set<String> BROWSERS_HEADERS = Set.of(
            "vary",
            "access-control-allow-origin",
            "access-control-allow-methods",
            "access-control-allow-headers",
            "access-control-expose-headers",
            "access-control-max-age");

    private final FakeSandboxes sandboxes = new FakeSandboxes(FakeSandboxes.printing("hello", 0));
    private RunningServer server =
            new RunningServer(sandboxes, "--cors-origins=https://play.example,https://b.example");

    @AfterEach
    void close() {
        server.close();
    }

    private RawClient.Reply ask(String method, String path, String... headers) throws IOException {
        return server.ask(method + " " + path + " HTTP/1.1\r\nHost: x\r\n" + String.join("", headers) + "\r\n");
    }

    private static String origin(String origin) {
        return "Origin: " + origin + "\r\n";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/runs | GET, POST, OPTIONS",
                "/v1/runs/r1 | DELETE, GET, OPTIONS",
                "/v1/runs/live | GET, OPTIONS",
                "/v1/pool | GET, OPTIONS",
                "/v1/pool/events | GET, OPTIONS"
            })
    void optionsTellWhatCanBeDone(String path, String allowed) throws IOException {
        var reply = ask("OPTIONS", path);
        assertThat(reply.status()).isEqualTo(204);
        assertThat(reply.header("allow")).isEqualTo(allowed);
        assertThat(reply.header("access-control-allow-methods")).isEmpty();
    }

    @Test
    void anAllowedPageMayAskAndIsToldHow() throws IOException {
        var reply =
                ask("OPTIONS", "/v1/runs", origin("https://play.example"), "Access-Control-Request-Method: POST\r\n");
        assertThat(reply.status()).isEqualTo(204);
        assertThat(reply.headers())
                .containsEntry("access-control-allow-origin", "https://play.example")
                .containsEntry("access-control-allow-methods", "GET, POST, DELETE")
                .containsEntry("access-control-max-age", "600")
                .containsEntry("vary", "Origin")
                .doesNotContainKey("access-control-allow-credentials");
        assertThat(reply.header("access-control-allow-headers"))
                .contains("Authorization", "Content-Type", "Sandpool-Options", "X-Argument", "Content-Encoding");
    }

    @ParameterizedTest
    @CsvSource({"https://evil.example", "https://play.example.evil.example", "http://play.example", "null"})
    void othersAreNot(String other) throws IOException {
        var reply = ask("OPTIONS", "/v1/runs", origin(other), "Access-Control-Request-Method: POST\r\n");
        assertThat(reply.status()).isEqualTo(204);
        assertThat(reply.header("vary")).isEqualTo("Origin");
        assertThat(reply.headers())
                .doesNotContainKeys(
                        "access-control-allow-origin", "access-control-allow-methods", "access-control-allow-headers");
    }

    /** A page could not read why it failed otherwise. */
    @Test
    void anErrorCanBeReadByAnAllowedPageToo() throws IOException {
        var reply = ask("GET", "/v1/nothing", origin("https://b.example"));
        assertThat(reply.status()).isEqualTo(404);
        assertThat(reply.header("access-control-allow-origin")).isEqualTo("https://b.example");
        assertThat(reply.header("access-control-expose-headers"))
                .contains("Location", "Sandpool-Run", "Server-Timing", "Retry-After");
    }

    /** A page needs nobody's leave to send a form, and could not read the answer; but the program would have run. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/run | Origin: https://evil.example",
                "/run | Sec-Fetch-Site: cross-site",
                "/v1/runs | Origin: https://evil.example",
                "/v1/runs | Sec-Fetch-Site: cross-site",
                "/v1/runs | Sec-Fetch-Site: same-site",
            })
    void aPageOfAnotherOriginRunsNothing(String path, String header) throws IOException {
        var refused = ask("POST", path, header + "\r\nContent-Length: 0\r\n");

        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.body()).contains("the page that asks is of another origin");
        assertThat(sandboxes.runs()).isZero();
        assertThat(ask("POST", path, "Origin: https://play.example\r\nContent-Length: 0\r\n")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void aPageOfAnotherOriginReadsNothingButThePageItself() throws IOException {
        for (String path : Set.of("/v1/runs", "/v1/pool", "/v1/pool/events", "/v1/runs/r1", "/run")) {
            assertThat(ask("GET", path, "Sec-Fetch-Site: cross-site\r\n").status())
                    .as(path)
                    .isEqualTo(403);
        }
        for (String path : Set.of("/", "/health", "/healthz", "/openapi.yaml", "/ui/")) {
            assertThat(ask("GET", path, "Sec-Fetch-Site: cross-site\r\n").status())
                    .as(path)
                    .isEqualTo(200);
        }
    }

    @Test
    void aRunnerOnTheLoopbackAddressIsAskedByItsNamesOnly() throws IOException {
        server.close();
        server = new RunningServer(sandboxes, "--hosts=");
        String body = "Content-Length: 0\r\n\r\n";
        for (String path : Set.of("/run", "/v1/runs")) {
            var refused = server.ask("POST " + path + " HTTP/1.1\r\nHost: evil.example:8080\r\n" + body);
            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.body()).contains("not asked by that Host; SANDPOOL_HOSTS can name it");
            assertThat(server.ask("POST " + path + " HTTP/1.1\r\nHost: localhost:8080\r\n" + body)
                            .status())
                    .isEqualTo(200);
        }
        assertThat(server.ask("POST /run HTTP/1.0\r\n" + body).status()).isEqualTo(200);
    }

    @Test
    void theOldPathsKnowNothingOfIt() throws IOException {
        var run = server.ask(RawClient.post("program", "Origin: https://play.example"));
        assertThat(run.status()).isEqualTo(200);
        assertThat(run.headers()).doesNotContainKeys(BROWSERS_HEADERS.toArray(String[]::new));
        assertThat(ask("OPTIONS", "/run", origin("https://play.example")).status())
                .isEqualTo(400);
        assertThat(ask("GET", "/", origin("https://play.example")).headers())
                .doesNotContainKeys(BROWSERS_HEADERS.toArray(String[]::new));
    }

    @Test
    void withoutOriginsNothingIsSaid() throws IOException {
        server.close();
        server = new RunningServer(sandboxes);
        var reply =
                ask("OPTIONS", "/v1/runs", origin("https://play.example"), "Access-Control-Request-Method: POST\r\n");
        assertThat(reply.status()).isEqualTo(204);
        assertThat(reply.headers()).doesNotContainKeys(BROWSERS_HEADERS.toArray(String[]::new));
    }

    @Test
    void anAsteriskIsEverybodyAndAChangeHoldsAtOnce() throws IOException {
        try (var open = new RunningServer(sandboxes, "--cors-origins=*")) {
            server.server.apply(open.settings);
        }
        assertThat(ask("GET", "/v1/nothing", origin("https://evil.example")).header("access-control-allow-origin"))
                .isEqualTo("*");
    }
}
