package dev.sandpool.runner.dashboard;

import static dev.sandpool.runner.FakeSandboxes.printing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.HeapShares;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.sandbox.Succession;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page's files, and what it asks for. */
class PoolEndpointsTest {
    private static final Path FILES = Path.of("src/main/resources/dev/sandpool/runner/dashboard/ui");

    private final RunningServer server = new RunningServer(new FakeSandboxes(printing("hi\n", 0)), "--queue-depth=7");
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void stop() {
        client.shutdownNow();
        server.close();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.server.port() + path))
                .timeout(Duration.ofSeconds(20));
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(request(path).build(), BodyHandlers.ofString());
    }

    private HttpResponse<InputStream> watch() throws IOException, InterruptedException {
        return client.send(request("/v1/pool/events").build(), BodyHandlers.ofInputStream());
    }

    private static BufferedReader lines(HttpResponse<InputStream> response) {
        return new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    @Test
    void thePoolIsToldAsItIs() throws Exception {
        await().until(() -> get("/v1/pool").body().contains("\"warm\":2"));

        var pool = get("/v1/pool");

        assertThat(pool.statusCode()).isEqualTo(200);
        assertThat(pool.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(pool.body())
                .contains("\"pool\":\"local\",\"runner\":\"local\",\"revision\":\"local\",\"workers\":2,")
                .contains("\"running\":0,\"starting\":0,\"queued\":0,\"capacity\":2,\"queueDepth\":7,")
                .endsWith("\"recent\":{\"seconds\":300,\"bucketSeconds\":5,\"buckets\":[]}}");
    }

    /** Those who wait hold some of what they have sent. */
    @Test
    void theQueueIsNoLongerThanItsMemoryAllows() throws Exception {
        int most = HeapShares.ofThisProcess().queue();
        try (var endless = new RunningServer(new FakeSandboxes(printing("", 0)), "--queue-depth=99999")) {
            assertThat(endless.ask("GET /v1/pool HTTP/1.1\r\nHost: x\r\n\r\n").body())
                    .contains("\"queueDepth\":" + most + ",");
        }
    }

    @Test
    void thereAreNoRunsAtFirst() throws Exception {
        assertThat(get("/v1/runs").body()).isEqualTo("{\"runs\":[]}");
    }

    @Test
    void aRunThatIsOverIsSeenByWhoLooksAndByWhoWatches() throws Exception {
        try (var lines = lines(watch())) {
            server.ask("POST /run HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");

            assertThat(lines.lines().anyMatch("event: run"::equals)).isTrue();
            assertThat(get("/v1/runs").body()).contains("\"api\":\"run\"", "\"outcome\":\"exited\"");
            assertThat(get("/v1/pool").body()).contains("\"runs\":1");
        }
    }

    @Test
    void theIdOfARunIsToldToItsCallerOnly() throws Exception {
        try (var named = new RunningServer(new FakeSandboxes(printing("secret\n", 0)), "--caller-header=X-Team")) {
            named.ask("POST /v1/runs?id=mine-1 HTTP/1.1\r\nHost: x\r\nX-Team: a\r\nContent-Length: 1\r\n\r\nx");

            assertThat(runs(named, "X-Team: a\r\n")).contains("\"id\":\"mine-1\"");
            assertThat(runs(named, "X-Team: b\r\n"))
                    .contains("\"outcome\":\"exited\"", "\"handle\":\"")
                    .doesNotContain("\"id\"", "mine-1");
        }
    }

    @Test
    void anIdOfOursIsNotGuessed() throws Exception {
        var run = server.ask("POST /v1/runs HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");

        assertThat(run.header("sandpool-run")).matches("r[0-9a-f]{32}");
    }

    /** As behind a NodePort, where all have one address. */
    @Test
    void whoIsKnownByAnAddressOnlyIsToldNoIds() throws Exception {
        server.ask("POST /v1/runs?id=mine-1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");

        assertThat(runs(server, "")).contains("\"handle\":\"").doesNotContain("\"id\"", "mine-1");
    }

    private static String runs(RunningServer of, String header) throws IOException {
        return of.ask("GET /v1/runs HTTP/1.1\r\nHost: x\r\n" + header + "\r\n").body();
    }

    @Test
    void whoWatchesIsToldAtOnce() throws Exception {
        var events = watch();

        try (var lines = lines(events)) {
            assertThat(events.statusCode()).isEqualTo(200);
            assertThat(events.headers().firstValue("content-type")).hasValue("text/event-stream");
            assertThat(lines.readLine()).isEqualTo("event: pool");
            assertThat(lines.readLine()).startsWith("data: {");
            assertThat(lines.readLine()).isEmpty();
        }
    }

    @Test
    void theOneTooManyIsToldToComeAgainAndWhoGoesMakesRoom() throws Exception {
        var watching = new ArrayList<HttpResponse<InputStream>>();
        for (int i = 0; i < PoolWatch.MOST_LISTENERS; i++) {
            watching.add(watch());
        }
        var refused = get("/v1/pool/events");
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.headers().firstValue("content-type")).hasValue("application/problem+json");
        assertThat(refused.headers().firstValue("retry-after")).hasValue("5");
        assertThat(refused.body()).contains("\"status\" : 503", "32 pages");

        watching.getFirst().body().close();

        await().until(() -> {
            var response = watch();
            response.body().close();
            return response.statusCode() == 200;
        });
    }

    @Test
    void whoWatchesIsLetGoWhenTheRunnerEnds() throws Exception {
        try (var lines = lines(watch())) {
            server.server.drain(Duration.ZERO, () -> Succession.NONE);

            assertThat(lines.lines().toList()).first().isEqualTo("event: pool");
        }
    }

    @Test
    void everyFileOfThePageIsServed() throws Exception {
        try (var files = Files.list(FILES)) {
            for (Path file : files.toList()) {
                var response = get("/ui/" + file.getFileName());

                assertThat(response.statusCode()).as("%s", file).isEqualTo(200);
                assertThat(response.body()).isEqualTo(Files.readString(file));
                assertThat(response.headers().firstValue("content-security-policy"))
                        .hasValueSatisfying(policy -> assertThat(policy).startsWith("default-src 'self';"));
                assertThat(response.headers().firstValue("x-content-type-options"))
                        .hasValue("nosniff");
            }
        }
        assertThat(get("/ui/").body()).startsWith("<!doctype html>");
        assertThat(get("/ui/main.js").headers().firstValue("content-type")).hasValue("text/javascript; charset=utf-8");
    }

    @Test
    void aFileThatTheBrowserHasIsNotSentAgain() throws Exception {
        String tag = get("/ui/style.css").headers().firstValue("etag").orElseThrow();

        for (String known : List.of(tag, "W/" + tag, "\"other\", " + tag)) {
            var again = client.send(
                    request("/ui/style.css").header("If-None-Match", known).build(), BodyHandlers.ofString());

            assertThat(again.statusCode()).as(known).isEqualTo(304);
            assertThat(again.body()).isEmpty();
            assertThat(again.headers().firstValue("cache-control")).hasValue("no-cache");
        }
        assertThat(client.send(
                                request("/ui/style.css")
                                        .header("If-None-Match", "\"other\"")
                                        .build(),
                                BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void thePageIsWhereAProxyHasPutIt() throws Exception {
        var redirect = get("/ui");

        assertThat(redirect.statusCode()).isEqualTo(308);
        assertThat(redirect.headers().firstValue("location")).hasValue("ui/");
    }

    @Test
    void headGetsTheHeadersOnly() throws Exception {
        var head = client.send(
                request("/ui/icon.svg")
                        .method("HEAD", HttpRequest.BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());

        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValueAsLong("content-length")).hasValue(Files.size(FILES.resolve("icon.svg")));
    }

    @Test
    void thePageIsOnlyRead() throws Exception {
        var put = client.send(
                request("/ui/main.js")
                        .PUT(HttpRequest.BodyPublishers.ofString("x"))
                        .build(),
                BodyHandlers.ofString());

        assertThat(put.statusCode()).isEqualTo(405);
        assertThat(put.headers().firstValue("allow")).hasValue("GET, HEAD");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/ui/nothing.js",
                "/ui/../ui/main.js/",
                "/ui/%2e%2e/UiFiles.class",
                "/ui/..%2fUiFiles.class",
                "/ui/../UiFiles.class",
                "/ui//main.js",
                "/ui/./../../../../../etc/passwd",
                "/ui/main.js%00",
                "/uix"
            })
    void thereIsNothingElse(String path) throws IOException {
        var reply = server.ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");

        assertThat(reply.status()).isIn(400, 404);
    }
}
