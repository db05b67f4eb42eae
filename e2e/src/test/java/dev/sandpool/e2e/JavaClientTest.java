package dev.sandpool.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sandpool.client.CollectedOutput;
import dev.sandpool.client.OutputListener.Stream;
import dev.sandpool.client.ProblemException;
import dev.sandpool.client.RunEnding;
import dev.sandpool.client.RunEnding.Outcome;
import dev.sandpool.client.RunRequest;
import dev.sandpool.client.SandpoolClient;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The module client, against a runner. */
@Timeout(120)
class JavaClientTest {
    private static LocalRunner runner;
    private static SandpoolClient client;

    private final CollectedOutput output = new CollectedOutput(10 << 20);

    @BeforeAll
    static void start() {
        runner = new LocalRunner("--workers=1", "--warm=1", "--run-timeout=60s");
        client = SandpoolClient.of(runner.url());
    }

    @AfterAll
    static void stop() {
        client.close();
        runner.close();
    }

    @Test
    void optionsFilesStreamsAndTheExitCode() throws Exception {
        RunEnding ending = client.run(
                script("echo \"$1 $A\"; cat data/in.txt; printf '\\377' >&2; exit 3")
                        .arguments("hä\"")
                        .environment(Map.of("A", "b\\"))
                        .file("data/in.txt", "a file\n".getBytes(UTF_8))
                        .memory(64 << 20)
                        .output(4096)
                        .cpuTime(Duration.ofSeconds(2)),
                output);

        assertThat(ending.outcome()).isEqualTo(Outcome.EXITED);
        assertThat(ending.exitCode()).hasValue(3);
        assertThat(output.stdoutText()).isEqualTo("hä\" b\\\na file\n");
        assertThat(output.stderr()).containsExactly(0xff);
    }

    @Test
    void filesThatTheProgramWrote() throws Exception {
        RunEnding ending = client.run(
                script("mkdir out; echo one >out/1; head -c 300000 /dev/zero >out/2; echo printed")
                        .outputFiles("out/*"),
                output);

        assertThat(ending.isSuccess()).isTrue();
        assertThat(output.stdoutText()).isEqualTo("printed\n");
        assertThat(output.files()).containsOnlyKeys("out/1", "out/2");
        assertThat(output.files().get("out/1")).isEqualTo("one\n".getBytes(UTF_8));
        assertThat(output.files().get("out/2")).isEqualTo(new byte[300_000]);
    }

    @Test
    void muchOutputComesWhole() throws Exception {
        RunEnding ending = client.run(script("head -c 4000000 /dev/zero"), output);

        assertThat(ending.isSuccess()).isTrue();
        assertThat(output.stdout()).hasSize(4_000_000).containsOnly(0);
    }

    @Test
    void howAProgramEndedIsTold() throws Exception {
        assertThat(client.run(script("kill -SEGV $$"), output).signal()).contains("SIGSEGV");
        assertThat(client.run(script("sleep 60").runTimeout(Duration.ofMillis(700)), output)
                        .outcome())
                .isEqualTo(Outcome.TIMED_OUT);
        assertThat(client.run(RunRequest.of("?".getBytes(UTF_8)), output).message())
                .hasValueSatisfying(message -> assertThat(message).contains("exec format error"));
    }

    @Test
    void aRunIsCancelledWhileItPrints() {
        RunRequest request = script("echo begun; sleep 60");

        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> client.run(request, (stream, bytes) -> {
                    assertThat(stream).isEqualTo(Stream.STDOUT);
                    try {
                        assertThat(client.cancel(request.id())).isTrue();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }))
                .returns("cancelled", ProblemException::problem);
    }

    @Test
    void whatIsRefusedIsAProblem() {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(() -> client.run(script("").runTimeout(Duration.ofHours(1)), output))
                .returns("bad-option", ProblemException::problem)
                .returns(400, ProblemException::status);
    }

    private static RunRequest script(String text) {
        return RunRequest.of(("#!/bin/sh\n" + text + "\n").getBytes(UTF_8));
    }
}
