package dev.sandpool.runner.api;

import static dev.sandpool.runner.sandbox.StandardStream.STDERR;
import static dev.sandpool.runner.sandbox.StandardStream.STDOUT;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sandpool.runner.sandbox.RunResult;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The answer of {@code POST /v1/runs} as one JSON document. */
class WholeRunTest extends RunsApiFixture {
    @Test
    void theFactsOfARunComeBackAsJson() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            output.write(STDOUT, bytes("grüße"), 0, bytes("grüße").length);
            output.write(STDERR, new byte[] {(byte) 0xff, 0}, 0, 2);
            return new RunResult.Exited(3, FACTS);
        });

        var answer = post("", "program");

        JsonNode run = JSON.readTree(answer.body());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("sandpool-run"))
                .contains(run.path("id").asText());
        assertThat(answer.headers().firstValue("server-timing").orElse("")).contains("queue;dur=");
        assertThat(run.path("outcome").asText()).isEqualTo("exited");
        assertThat(run.path("exitCode").asInt()).isEqualTo(3);
        assertThat(run.has("signal")).isFalse();
        assertThat(run.path("stdout")).isEqualTo(JSON.readTree("{\"bytes\":7,\"truncated\":false,\"text\":\"grüße\"}"));
        assertThat(run.path("stderr"))
                .isEqualTo(JSON.readTree("{\"bytes\":2,\"truncated\":false,\"base64\":\"/wA=\"}"));
        assertThat(run.path("usage"))
                .isEqualTo(JSON.readTree(
                        "{\"wallMillis\":12.0,\"userMillis\":3.0,\"systemMillis\":1.0,\"peakMemoryBytes\":4096}"));
        assertThat(run.path("sandbox").path("name").asText()).startsWith("fake-");
        assertThat(run.path("phases").has("runMillis")).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "signalled, signal, SIGSEGV",
        "timed-out, , ",
        "cpu-time-exceeded, , ",
        "out-of-memory, , ",
        "failed-to-start, message, exec format error",
        "sandbox-lost, message, lost the sandbox during the run"
    })
    void eachOutcomeIsSaid(String outcome, String field, String value) throws Exception {
        RunResult result = switch (outcome) {
            case "signalled" -> new RunResult.Signalled(11, FACTS);
            case "timed-out" -> new RunResult.TimedOut(FACTS);
            case "cpu-time-exceeded" -> new RunResult.CpuTimeExceeded(FACTS);
            case "out-of-memory" -> new RunResult.OutOfMemory(FACTS);
            case "failed-to-start" -> new RunResult.FailedToStart("exec format error");
            default -> new RunResult.SandboxLost("the node burned");
        };
        ending(result);

        JsonNode run = JSON.readTree(post("", "program").body());

        assertThat(run.path("outcome").asText()).isEqualTo(outcome);
        assertThat(run.path("stdout").path("text").asText()).isEqualTo("so far");
        if (field != null) {
            assertThat(run.path(field).asText()).isEqualTo(value);
        }
    }

    @Test
    void whatWasPrintedUpToTheLimitIsKeptAndSaidToBeCutOff() throws Exception {
        ending(new RunResult.OutputTooLarge(FACTS));

        JsonNode run = JSON.readTree(post("?output=6", "program").body());

        assertThat(run.path("outcome").asText()).isEqualTo("output-too-large");
        assertThat(run.path("stdout").path("truncated").asBoolean()).isTrue();
        assertThat(run.path("stderr").path("truncated").asBoolean()).isFalse();
    }

    @Test
    void theOrderOfTheOutputIsToldOnRequest() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            for (String piece : List.of("a", "b")) {
                output.write(STDOUT, bytes(piece), 0, 1);
            }
            output.write(STDERR, bytes("!"), 0, 1);
            output.write(STDOUT, bytes("c"), 0, 1);
            return new RunResult.Exited(0, FACTS);
        });

        JsonNode run = JSON.readTree(post("?interleaved=true", "program").body());

        assertThat(run.path("output")).isEqualTo(JSON.readTree("""
                [{"stream":"stdout","text":"ab"},{"stream":"stderr","text":"!"},{"stream":"stdout","text":"c"}]"""));
        assertThat(run.path("stdout")).isEqualTo(JSON.readTree("{\"bytes\":3,\"truncated\":false}"));
    }
}
