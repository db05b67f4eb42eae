package dev.sandpool.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.sandpool.client.RunEnding.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is sent, and what is made of answers, hostile ones included. A runner of flesh and blood is in e2e. */
@Timeout(60)
class SandpoolClientTest {
    private static final String EXIT_3 = "{\"event\":\"exit\",\"id\":\"a\",\"outcome\":\"exited\",\"exitCode\":3}\n";

    private final CollectedOutput output = new CollectedOutput(1000);

    @Test
    void theFormHasOptionsFilesAndProgramInThisOrder() throws Exception {
        try (var pool = new StubPool(ok(EXIT_3));
                var client = SandpoolClient.of(pool.url()).withToken(() -> "secret")) {
            client.run(
                    RunRequest.of("the program".getBytes(UTF_8))
                            .id("a")
                            .arguments("x", "\"\\\n")
                            .environment(Map.of("A", "ä"))
                            .file("data/ö.txt", "content".getBytes(UTF_8))
                            .cpuTime(Duration.ofSeconds(2))
                            .memory(1024),
                    output);

            StubPool.Asked asked = pool.asked.getFirst();
            String boundary = asked.contentType().replace("multipart/form-data; boundary=", "");
            assertThat(asked.line()).isEqualTo("POST /v1/runs");
            assertThat(asked.authorization()).isEqualTo("Bearer secret");
            assertThat(asked.body().replace(boundary, "B").replace("\r\n", "\n"))
                    .isEqualTo("""
                    --B
                    Content-Disposition: form-data; name="options"

                    {"id":"a","arguments":["x","\\"\\\\\\u000a"],"environment":{"A":"ä"},"cpuTime":"2000ms","memory":"1024"}
                    --B
                    Content-Disposition: form-data; name="file"; filename="data/ö.txt"

                    content
                    --B
                    Content-Disposition: form-data; name="program"

                    the program
                    --B--
                    """);
        }
    }

    @Test
    void filesAreAskedForAndComeBack() throws Exception {
        try (var pool = new StubPool(ok("""
                        {"event":"stdout","text":"printed"}
                        {"event":"file","name":"a.txt","text":"hä","last":false}
                        {"event":"file","name":"a.txt","text":"llo","last":true}
                        {"event":"file","name":"b/c","base64":"/wA=","last":true}
                        """ + EXIT_3));
                var client = SandpoolClient.of(pool.url())) {
            client.run(RunRequest.of(new byte[1]).outputFiles("a.txt", "b/\"*"), output);

            assertThat(pool.asked.getFirst().body()).contains("\"outputFiles\":[\"a.txt\",\"b/\\\"*\"]");
            assertThat(output.stdoutText()).isEqualTo("printed");
            assertThat(output.files()).containsOnlyKeys("a.txt", "b/c");
            assertThat(output.files().get("a.txt")).isEqualTo("hällo".getBytes(UTF_8));
            assertThat(output.files().get("b/c")).containsExactly(0xff, 0);
        }
    }

    @Test
    void whatDidNotComeIsSaid() throws Exception {
        RunEnding ending = answered("""
                {"event":"file","name":"a.txt","text":"half","last":true,"truncated":true}
                {"event":"file","name":"b.txt","text":"whole","last":true,"truncated":false}
                {"event":"exit","id":"a","outcome":"exited","exitCode":0,"omittedFiles":[{"reason":"too-large","name":"c"},{"reason":"bad-name","count":2}]}
                """);

        assertThat(output.files()).containsOnlyKeys("b.txt");
        assertThat(output.truncatedFiles()).containsOnlyKeys("a.txt");
        assertThat(output.truncatedFiles().get("a.txt")).isEqualTo("half".getBytes(UTF_8));
        assertThat(ending.omittedFiles())
                .containsExactly(
                        new RunEnding.OmittedFiles("too-large", Optional.of("c"), OptionalInt.empty()),
                        new RunEnding.OmittedFiles("bad-name", Optional.empty(), OptionalInt.of(2)));
    }

    @Test
    void filesCountForTheLimitToo() {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> answered("""
                        {"event":"file","name":"a","text":"%s","last":true}
                        """.formatted("x".repeat(1001)) + EXIT_3))
                .withMessage("the program printed and left more than 1000 bytes");
    }

    @Test
    void outputIsToldAsItComesAndTheEndingReturned() throws Exception {
        RunEnding ending = answered("""
                {"event":"started","id":"a"}
                {"event":"stdout","text":"hä"}

                {"event":"stderr","base64":"/wA="}
                {"event":"stdout","text":"llo"}
                {"event":"one of the future","x":[{}]}
                """ + EXIT_3);

        assertThat(ending.outcome()).isEqualTo(Outcome.EXITED);
        assertThat(ending.exitCode()).hasValue(3);
        assertThat(ending.isSuccess()).isFalse();
        assertThat(output.stdoutText()).isEqualTo("hällo");
        assertThat(output.stderr()).containsExactly(0xff, 0);
    }

    @ParameterizedTest
    @CsvSource({
        "timed-out, TIMED_OUT",
        "signalled, SIGNALLED",
        "sandbox-lost, SANDBOX_LOST",
        "a-new-one, OTHER",
        "'', OTHER"
    })
    void everyOutcomeIsKnownOrOther(String name, Outcome outcome) throws Exception {
        assertThat(answered("{\"event\":\"exit\",\"outcome\":\"" + name + "\"}\n")
                        .outcome())
                .isEqualTo(outcome);
    }

    @Test
    void aBusyPoolIsAskedAgainAndTheSameIsSent() throws Exception {
        try (var pool = new StubPool(busy(), busy(), ok(EXIT_3));
                var client = SandpoolClient.of(pool.url())) {
            assertThat(client.run(RunRequest.of(new byte[] {1}), output).exitCode())
                    .hasValue(3);

            assertThat(pool.asked)
                    .hasSize(3)
                    .extracting(asked -> asked.body().length())
                    .containsOnly(pool.asked.getFirst().body().length());
        }
    }

    @Test
    void aPoolThatStaysBusyIsAskedNoMoreThanWasSaid() {
        try (var pool = new StubPool(busy(), busy(), ok(EXIT_3));
                var client = SandpoolClient.of(pool.url()).withMaxTries(2)) {
            assertThatExceptionOfType(ProblemException.class)
                    .isThrownBy(() -> client.run(RunRequest.of(new byte[0]), output))
                    .withMessage("503 Overloaded: the queue is full")
                    .returns("overloaded", ProblemException::problem);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "12345678901234567890"})
    void whatIsNoNumberOfSecondsIsNoInvitation(String retryAfter) {
        try (var pool = new StubPool(new StubPool.Answer(503, retryAfter, "<html>"));
                var client = SandpoolClient.of(pool.url())) {
            assertThatExceptionOfType(ProblemException.class)
                    .isThrownBy(() -> client.run(RunRequest.of(new byte[0]), output))
                    .withMessage("503 HTTP status");
        }
    }

    @Test
    void aProblemAmongTheEventsIsThrown() {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() ->
                        answered("{\"event\":\"started\"}\n{\"event\":\"problem\",\"type\":\"/problems/cancelled\","
                                + "\"title\":\"Cancelled\",\"status\":409}\n"))
                .withMessage("409 Cancelled")
                .asInstanceOf(type(ProblemException.class))
                .returns(409, ProblemException::status)
                .returns("cancelled", ProblemException::problem);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{\"event\":\"started\"}\n",
                "{\"event\":\"exit\",\"outcome\":\"exited\",\"exitCode\":0}", // cut off before its line end
            })
    void anAnswerThatIsCutOffIsAnError(String answer) {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> answered(answer))
                .withMessage("the connection ended before the run did");
    }

    @Test
    void hostileAnswersAreErrors() {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> answered("x".repeat(5 << 20)))
                .withMessage("the runner's answer has a line of more than 4194304 bytes");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> answered("{\"event\":\"stdout\",\"base64\":\"*\"}\n"))
                .withMessage("the runner's answer has output that is not Base64");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> answered("{\"event\":\"stdout\",\"text\":\"" + "x".repeat(1001) + "\"}\n"))
                .withMessage("the program printed and left more than 1000 bytes");
    }

    @Test
    void aRunIsCancelledByItsId() throws Exception {
        try (var pool = new StubPool(new StubPool.Answer(204, "", ""), new StubPool.Answer(404, "", "{}"));
                var client = SandpoolClient.of(pool.url())) {
            assertThat(client.cancel("a")).isTrue();
            assertThat(client.cancel("b")).isFalse();
            assertThat(pool.asked)
                    .extracting(StubPool.Asked::line)
                    .containsExactly("DELETE /v1/runs/a", "DELETE /v1/runs/b");
        }
    }

    @Test
    void whatWouldBreakTheRequestIsRefused() {
        RunRequest request = RunRequest.of(new byte[0]);
        assertThatIllegalArgumentException().isThrownBy(() -> request.id("a/b"));
        assertThatIllegalArgumentException().isThrownBy(() -> request.file("a\"\r\nX: y", new byte[0]));
    }

    private RunEnding answered(String events) throws IOException, InterruptedException {
        try (var pool = new StubPool(ok(events));
                var client = SandpoolClient.of(pool.url())) {
            return client.run(RunRequest.of(new byte[0]), output);
        }
    }

    private static StubPool.Answer ok(String events) {
        return new StubPool.Answer(200, "", events);
    }

    private static StubPool.Answer busy() {
        return new StubPool.Answer(
                503,
                "0",
                "{\"type\":\"/problems/overloaded\",\"title\":\"Overloaded\",\"status\":503,\"detail\":\"the queue is full\"}");
    }
}
