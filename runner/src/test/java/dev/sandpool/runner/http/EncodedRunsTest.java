package dev.sandpool.runner.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.sandbox.StandardStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies of {@code /v1/runs} that come compressed. */
class EncodedRunsTest {
    private static final int LIMIT = 256 * 1024;

    private final FakeSandboxes sandboxes = new FakeSandboxes((request, output, sandbox) -> {
        byte[] size = Long.toString(sandbox.receive(request)).getBytes(UTF_8);
        output.started();
        output.write(StandardStream.STDOUT, size, 0, size.length);
        return FakeSandboxes.EXIT_0;
    });
    private final RunningServer server = new RunningServer(sandboxes, "--binary-limit=256Ki");
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void stop() {
        http.shutdownNow();
        server.close();
    }

    private static byte[] encoded(String coding, byte[] plain) throws IOException {
        if (coding.equals("zstd")) {
            return Zstd.compress(plain);
        }
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        }
        return out.toByteArray();
    }

    private HttpResponse<String> post(String path, String coding, byte[] body, String... headers)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.server.port() + path))
                .header("Content-Encoding", coding)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void theProgramIsWhatComesOut(String coding) throws Exception {
        var answer = post("/v1/runs", coding, encoded(coding, new byte[LIMIT - 1]));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("\"text\" : \"" + (LIMIT - 1) + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void aFormMayComeCompressedToo(String coding) throws Exception {
        String form = "--xyz\r\nContent-Disposition: form-data; name=\"program\"\r\n\r\n12345\r\n--xyz--\r\n";
        var answer = post(
                "/v1/runs",
                coding,
                encoded(coding, form.getBytes(UTF_8)),
                "Content-Type",
                "multipart/form-data; boundary=xyz");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains("\"text\" : \"5\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void whatIsNotWholeIsABadRequest(String coding) throws Exception {
        byte[] body = encoded(coding, "program".getBytes(UTF_8));
        for (byte[] broken : new byte[][] {Arrays.copyOf(body, body.length - 1), "program".getBytes(UTF_8)}) {
            var answer = post("/v1/runs", coding, broken);
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body()).contains("/problems/bad-request");
        }
        assertThat(sandboxes.runs()).isZero();
    }

    @Test
    void anotherCodingIsToldWhichThereAre() throws Exception {
        var answer = post("/v1/runs", "br", new byte[1]);
        assertThat(answer.statusCode()).isEqualTo(415);
        assertThat(answer.headers().firstValue("Accept-Encoding")).contains("gzip, zstd");
        assertThat(answer.body()).contains("/problems/unsupported-encoding");
    }

    /** A kilobyte may become a gigabyte, whose decoding would be the whole runner's work for a while. */
    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void ofWhatComesBeforeAFormOnlyALittleIsDecoded(String coding) throws Exception {
        var answer = post(
                "/v1/runs",
                coding,
                encoded(coding, new byte[1 << 20]),
                "Content-Type",
                "multipart/form-data; boundary=xyz");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("malformed request body");
    }

    /** A decoder reads on until it has content, and neither an empty block nor a skippable frame has any. */
    @ParameterizedTest
    @CsvSource({"gzip, 000000ffff", "zstd, 502a4d1800000000"})
    void aBodyThatGoesOnWithoutContentEndsWithTheTimeOfItsRun(String coding, String nothing) throws Exception {
        sandboxes.runTimeoutIs(Duration.ofMillis(300));
        byte[] emptyOnes = HexFormat.of().parseHex(nothing.repeat(10_000));
        try (var client = server.connect()) {
            client.send("POST /v1/runs HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\nContent-Encoding: "
                            + coding + "\r\n\r\n")
                    .send(unfinished(coding, new byte[70 * 1024]));
            Thread.ofVirtual().start(() -> sendUntilClosed(client, emptyOnes));

            assertThat(client.reply().status()).isEqualTo(408);
        }
    }

    private static void sendUntilClosed(RawClient client, byte[] piece) {
        try {
            while (true) {
                client.send(piece);
            }
        } catch (IOException e) {
            // The server has closed the connection, or the test is over.
        }
    }

    /** Returns a body to which more can be added. */
    private static byte[] unfinished(String coding, byte[] plain) throws IOException {
        if (coding.equals("zstd")) {
            return Zstd.compress(plain); // another frame may follow
        }
        var out = new ByteArrayOutputStream();
        var gzip = new GZIPOutputStream(out, 512, true);
        gzip.write(plain);
        gzip.flush();
        return out.toByteArray();
    }

    /** There a body is the program, whatever is said of it. */
    @Test
    void theOldPathDecodesNothing() throws Exception {
        byte[] body = encoded("gzip", new byte[LIMIT - 1]);
        var answer = post("/run", "gzip", body);
        assertThat(answer.statusCode()).isEqualTo(200);
        String size = java.util.Base64.getEncoder()
                .encodeToString(Integer.toString(body.length).getBytes(UTF_8));
        assertThat(answer.body()).contains("\"stdout\": \"" + size + "\"");
    }
}
