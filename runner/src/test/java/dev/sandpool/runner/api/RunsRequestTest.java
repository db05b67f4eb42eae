package dev.sandpool.runner.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RunInput;
import dev.sandpool.runner.sandbox.RunResult;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a request to {@code POST /v1/runs} may ask for: options of the query, forms, kinds of answers. */
class RunsRequestTest extends RunsApiFixture {
    @Test
    void optionsOfTheQueryReachTheRun() throws Exception {
        var seen = new AtomicReference<ProgramRequest>();
        var input = new AtomicReference<String>();
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            input.set(new String(request.input().standardInput().readAllBytes(), UTF_8));
            seen.set(request);
            return new RunResult.Exited(0, FACTS);
        });

        var answer = post(
                "?arguments=a&arguments=%C3%BC&environment=A=b=c&runTimeout=2s&cpuTime=500ms&memory=8Mi&output=1000&pids=3&stdin=hi",
                "program");

        assertThat(answer.statusCode()).isEqualTo(200);
        ProgramRequest request = seen.get();
        assertThat(request.arguments()).containsExactly("a", "\u00c3\u00bc");
        assertThat(request.environment()).containsEntry("A", "b=c");
        assertThat(request.asked().runTimeout()).contains(Duration.ofSeconds(2));
        assertThat(request.asked().cpuTime()).contains(Duration.ofMillis(500));
        assertThat(request.asked().memoryBytes()).hasValue(8 << 20);
        assertThat(request.asked().outputBytes()).hasValue(1000);
        assertThat(request.asked().pids()).hasValue(3);
        assertThat(input.get()).isEqualTo("hi");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "?runTimeout=20s | runTimeout | 20s | runTimeout 20s is more than the pool allows, which is 5s",
                "?cpuTime=3s | cpuTime | 3s | cpuTime 3s is more than the pool allows, which is 2s",
                "?memory=1Gi | memory | 1Gi | memory 1Gi is more than the pool allows, which is 100Mi",
                "?memory=999999999999Gi | memory | 999999999999Gi | memory 999999999999Gi is more than the pool allows, which is 100Mi",
                "?pids=1025 | pids | 1025 | pids 1025 is more than the pool allows, which is 1024",
                "?pids=0 | pids | 0 | pids must be a whole number from 1",
                "?runTimeout=1ms | runTimeout | 1ms | runTimeout must be at least 600ms",
                "?runTimeout=soon | runTimeout | soon | runTimeout must be a duration such as 500ms, 5s or 2m",
                "?memory=lots | memory | lots | memory must be a number of bytes such as 1048576 or 1Mi",
                "?id=-x | id | -x | id must be 1 to 64 letters, digits, dots, underscores and hyphens, and begin with a letter or digit",
                "?environment=A | environment | A | environment must be NAME=value",
                "?colour=red | colour | red | there is no option colour",
                "?pids=1&pids=2 | pids | '' | pids is said twice: once is enough, in one place"
            })
    void whatIsWrongIsNamedWithItsRule(String query, String field, String value, String detail) throws Exception {
        var answer = post(query, "program");

        JsonNode problem = JSON.readTree(answer.body());
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
        assertThat(problem.path("type").asText()).isEqualTo("/problems/bad-option");
        assertThat(problem.path("field").asText()).isEqualTo(field);
        assertThat(problem.path("value").asText()).isEqualTo(value);
        assertThat(problem.path("detail").asText()).isEqualTo(detail);
        assertThat(sandboxes.runs()).isZero();
    }

    @Test
    void aFormBringsOptionsFilesTheProgramAndItsInput() throws Exception {
        var seen = new ArrayList<String>();
        sandboxes.programIs((request, output, sandbox) -> {
            RunInput input = request.input();
            for (var file = input.nextFile(); file != null; file = input.nextFile()) {
                seen.add(file.path() + " " + file.executable() + " " + read(file.content()));
            }
            seen.add(read(input.program()));
            seen.add(read(input.standardInput()));
            seen.addAll(request.arguments());
            return new RunResult.Exited(0, FACTS);
        });

        var answer = form(
                part("options", "", "{\"arguments\":[\"-v\"]}"),
                part("file", "; filename=\"data/in.txt\"", "one"),
                part("file", "; filename=\"tool\"\r\nSandpool-Mode: 755", "two"),
                part("program", "; filename=\"hello\"", "\u007fELF"),
                part("stdin", "", "typed"));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(seen).containsExactly("data/in.txt false one", "tool true two", "\u007fELF", "typed", "-v");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "stdin | '' | the part stdin is unknown or out of order: options, then file, then program, then stdin",
                "file | ; filename=\"../x\" | file path \"../x\" has an empty component, or one that is . or ..",
                "file | '' | a part file has no filename"
            })
    void aFormInAnotherOrderIsRefused(String name, String rest, String detail) throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            for (var file = request.input().nextFile();
                    file != null;
                    file = request.input().nextFile()) {
                read(file.content());
            }
            sandbox.receive(request);
            return new RunResult.Exited(0, FACTS);
        });

        var answer = form(part(name, rest, "x"), part("program", "", "y"));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(JSON.readTree(answer.body()).path("detail").asText()).isEqualTo(detail);
    }

    @Test
    void answersOfNoKindThatThereIsAreRefused() throws Exception {
        var answer = http.send(request("", "program", "text/html"), HttpResponse.BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(406);
    }

    private HttpResponse<String> form(String... parts) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(uri(""))
                        .header("Content-Type", "multipart/form-data; boundary=xyz")
                        .POST(HttpRequest.BodyPublishers.ofString(String.join("", parts) + "--xyz--\r\n", ISO_8859_1))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static String part(String name, String rest, String content) {
        return "--xyz\r\nContent-Disposition: form-data; name=\"" + name + "\"" + rest + "\r\n\r\n" + content + "\r\n";
    }
}
