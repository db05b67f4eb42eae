package dev.sandpool.runner.api;

import static dev.sandpool.runner.RawClient.post;
import static dev.sandpool.runner.sandbox.StandardStream.STDERR;
import static dev.sandpool.runner.sandbox.StandardStream.STDOUT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.sandbox.RunResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What each ending of a run looks like to a client. Each program has printed {@code out} and {@code err}. */
class RunOutcomesTest {
    private static final RunResult.Facts FACTS = RunResult.Facts.NONE;

    private final FakeSandboxes sandboxes = new FakeSandboxes(FakeSandboxes.printing("", 0));
    private final RunningServer server = new RunningServer(sandboxes);

    @AfterEach
    void stop() {
        server.close();
    }

    static Stream<Arguments> jsonAnswers() {
        return Stream.of(
                Arguments.of("exited", new RunResult.Exited(3, FACTS), json(3, "out", "err")),
                Arguments.of("signalled", new RunResult.Signalled(11, FACTS), json(255, "out", "err")),
                Arguments.of(
                        "timed_out",
                        new RunResult.TimedOut(FACTS),
                        json(1, "out", "err" + "timeout running program\n")),
                Arguments.of("out_of_memory", new RunResult.OutOfMemory(FACTS), json(137, "out", "err")),
                Arguments.of(
                        "failed_to_start",
                        new RunResult.FailedToStart("fork/exec /tmpfs/play: exec format error"),
                        json(1, "out", "err" + "fork/exec /tmpfs/play: exec format error\n")),
                Arguments.of("unanswered", new RunResult.Unanswered(), error("timeout running program")),
                Arguments.of("output_too_large", new RunResult.OutputTooLarge(FACTS), error("Output too large")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void jsonAnswers(String outcome, RunResult result, String json) throws IOException {
        ending(result);

        var reply = server.ask(post("program"));

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body()).isEqualTo(json);
        assertThat(server.askAdmin("/metrics").body()).contains("sandpool_runs_total{outcome=\"" + outcome + "\"} 1.0");
    }

    @Test
    void aLostSandboxIs500AndItsDetailStaysWithUs() throws IOException {
        ending(new RunResult.SandboxLost("pod sandbox-7 died"));

        var reply = server.ask(post("program"));

        assertThat(reply.status()).isEqualTo(500);
        assertThat(reply.body()).isEqualTo("lost the sandbox during the run\n");
    }

    @Test
    void aProgramThatTurnsOutTooLargeIs413() throws IOException {
        ending(new RunResult.ProgramTooLarge(100));

        var reply = server.ask(post("program"));

        assertThat(reply.status()).isEqualTo(413);
        assertThat(reply.body()).isEqualTo("http: request body too large\n");
    }

    @Test
    void aBugIs500WithoutItsDetail() throws IOException {
        sandboxes.programIs((request, output, sandbox) -> {
            throw new IllegalStateException("secret");
        });

        var reply = server.ask(post("program"));

        assertThat(reply.status()).isEqualTo(500);
        assertThat(reply.body()).isEqualTo("internal error\n");
    }

    @Test
    void sandboxesAreClosedWhateverHappened() throws IOException {
        ending(new RunResult.SandboxLost("pod sandbox-7 died"));
        for (int i = 0; i < 10; i++) {
            assertThat(server.ask(post("program")).status()).isEqualTo(500);
        }

        int warmOnes = 2;
        await().untilAsserted(() -> assertThat(sandboxes.open()).isEqualTo(warmOnes));
    }

    private void ending(RunResult result) {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.write(STDOUT, new byte[] {'o', 'u', 't'}, 0, 3);
            output.write(STDERR, new byte[] {'e', 'r', 'r'}, 0, 3);
            return result;
        });
    }

    private static String json(int exitCode, String stdout, String stderr) {
        return "{\n  \"exitCode\": %d,\n  \"stdout\": \"%s\",\n  \"stderr\": \"%s\"\n}"
                .formatted(exitCode, base64(stdout), base64(stderr));
    }

    private static String error(String error) {
        return "{\n  \"error\": \"%s\",\n  \"exitCode\": 0,\n  \"stdout\": \"\",\n  \"stderr\": \"\"\n}"
                .formatted(error);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
