package dev.sandpool.runner.api.request;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.sandbox.RunInput;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A form that is wrong is refused by a problem that names the part, wherever in it that is. */
@Timeout(60)
class WrongFormsTest {
    private static final String ORDER = " is unknown or out of order: options, then file, then program, then stdin";

    private final FakeSandboxes sandboxes = new FakeSandboxes((request, output, sandbox) -> {
        RunInput input = request.input();
        for (var file = input.nextFile(); file != null; file = input.nextFile()) {
            file.content().readAllBytes();
        }
        sandbox.receive(request);
        output.started();
        input.standardInput().readAllBytes();
        return FakeSandboxes.EXIT_0;
    });
    private final RunningServer server = new RunningServer(sandboxes);
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void stop() {
        http.shutdownNow();
        server.close();
    }

    @ParameterizedTest
    @CsvSource({"options", "file", "program", "evil"})
    void nothingButStandardInputFollowsTheProgram(String name) throws Exception {
        refuses(
                "application/json",
                part("program", "", "p") + part(name, "; filename=\"f\"", "{}") + END,
                "the part " + name + ORDER);
        refuses(
                "application/x-ndjson",
                part("program", "", "p") + part(name, "", "{}") + END,
                "the part " + name + ORDER);
    }

    @Test
    void aFormNeedsItsEndBeforeItsProgramRuns() throws Exception {
        refuses(
                "application/x-ndjson",
                part("program", "", "p"),
                "the form ends before its closing boundary, after the part program");
    }

    /** What follows a form is no mistake. Where it is much, the connection ends. */
    @ParameterizedTest
    @CsvSource({"0, 2", "2, 2", "4094, 2", "10000, 1"})
    void aConnectionServesTheNextRequestAfterAForm(int epilogueBytes, int answers) throws Exception {
        String form = part("program", "", "p") + END + "x".repeat(epilogueBytes);
        String requests =
                "POST /v1/runs HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=xyz\r\nContent-Length: "
                        + form.length() + "\r\n\r\n" + form
                        + "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(requests.getBytes(ISO_8859_1));

            assertThat(new String(socket.getInputStream().readAllBytes(), ISO_8859_1).split("HTTP/1.1 200 OK", -1))
                    .hasSize(answers + 1);
        }
    }

    @Test
    void standardInputIsSaidOnce() throws Exception {
        refuses(
                "application/json",
                part("options", "", "{\"stdin\":\"a\"}") + part("program", "", "p") + part("stdin", "", "b") + END,
                "stdin is said in the options and in a part");
    }

    @Test
    void whatIsWrongBeforeTheFirstFileOrTheProgramUsesNoSandbox() throws Exception {
        refuses(
                "application/json",
                part("file", "; filename=\"a\0b\"", "x") + part("program", "", "p") + END,
                "file path \"a?b\" contains a control character");
        refuses("application/json", part("evil", "", "x") + part("program", "", "p") + END, "the part evil" + ORDER);
        refuses("application/json", part("options", "", "{}") + part("stdin", "", "x") + END, "the part stdin" + ORDER);
        refuses("application/json", part("options", "", "{}") + END, "there is no part program");
        refuses(
                "application/json",
                part("options", "", "{\"id\":\"a\",\"id\":\"b\"}") + part("program", "", "p") + END,
                "the options are not JSON, or one is said twice");

        assertThat(sandboxes.runs()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"stdin", "program", "evil"})
    void nothingFollowsStandardInput(String name) throws Exception {
        String form = part("program", "", "p") + part("stdin", "", "typed") + part(name, "", "x") + END;

        refuses("application/json", form, "the part " + name + ORDER);
        var events = post("application/x-ndjson", form);
        assertThat(events.statusCode()).isEqualTo(200);
        assertThat(events.body().lines().toList())
                .last()
                .asString()
                .contains("\"event\":\"problem\"", "/problems/bad-request", "the part " + name + ORDER);
    }

    @Test
    void aFormThatEndsInItsStandardInputHasNotSaidAllOfIt() throws Exception {
        refuses(
                "application/json",
                part("program", "", "p") + part("stdin", "", "typed"),
                "the form ends before its closing boundary, after the part stdin");
    }

    private static final String END = "--xyz--\r\n";

    private void refuses(String accept, String form, String detail) throws Exception {
        var answer = post(accept, form);

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
        assertThat(answer.body()).contains("/problems/bad-request").contains(detail.replace("\"", "\\\""));
    }

    private HttpResponse<String> post(String accept, String form) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.server.port() + "/v1/runs"))
                        .header("Accept", accept)
                        .header("Content-Type", "multipart/form-data; boundary=xyz")
                        .POST(HttpRequest.BodyPublishers.ofString(form, ISO_8859_1))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static String part(String name, String rest, String content) {
        return "--xyz\r\nContent-Disposition: form-data; name=\"" + name + "\"" + rest + "\r\n\r\n" + content + "\r\n";
    }
}
