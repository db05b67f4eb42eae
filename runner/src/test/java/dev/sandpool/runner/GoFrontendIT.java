package dev.sandpool.runner;

import static dev.sandpool.runner.FakeSandboxes.EXIT_0;
import static dev.sandpool.runner.FakeSandboxes.printing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sandpool.runner.config.Settings;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.StandardStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Go's own HTTP client, used as the playground's frontend uses it. Needs Go on the PATH. */
class GoFrontendIT {
    private static final int GO_PROGRAM_SIZE = 2_500_000;

    @TempDir
    private static Path folder;

    private static Path frontend = Path.of("");

    @BeforeAll
    static void build() throws Exception {
        assumeTrue(Settings.onPath("go", System.getenv()).isPresent(), "no Go here");
        frontend = folder.resolve("frontend");
        assertThat(output("go", "build", "-o", frontend.toString(), "src/test/go/frontend/main.go"))
                .isEmpty();
    }

    @Test
    void aRunIsDecoded() throws Exception {
        try (var server = new RunningServer(new FakeSandboxes((request, output, sandbox) -> {
            byte[] said = (sandbox.receive(request) + request.arguments().toString()).getBytes(StandardCharsets.UTF_8);
            output.write(StandardStream.STDOUT, said, 0, said.length);
            return new RunResult.Exited(3, RunResult.Facts.NONE);
        }))) {
            assertThat(ask(server, "-size=" + GO_PROGRAM_SIZE, "-argument=-test.v"))
                    .containsExactly(
                            "1 {\"exitCode\":3,\"stdout\":\"" + base64("2500000[-test.v]") + "\",\"stderr\":\"\"}");
        }
    }

    @Test
    void manyRunsFromManyClientsAllSucceed() throws Exception {
        try (var server = new RunningServer(new FakeSandboxes(printing("", 0)), "--workers=4", "--queue-depth=100")) {
            assertThat(ask(server, "-size=" + GO_PROGRAM_SIZE, "-runs=400", "-clients=8"))
                    .containsExactly("400 {\"exitCode\":0,\"stdout\":\"\",\"stderr\":\"\"}");
        }
    }

    @Test
    void aProgramThatIsTooLargeIsToldSoAndNotByABrokenPipe() throws Exception {
        try (var server = new RunningServer(new FakeSandboxes(printing("", 0)), "--binary-limit=1Mi")) {
            assertThat(ask(server, "-size=40000000", "-runs=50", "-clients=2"))
                    .containsExactly("50 unexpected response from backend: 413 Request Entity Too Large");
        }
    }

    @Test
    void overloadIsToldSo() throws Exception {
        var finish = new CountDownLatch(1);
        var running = new CountDownLatch(1);
        var sandboxes = new FakeSandboxes((request, output, sandbox) -> {
            sandbox.receive(request);
            running.countDown();
            finish.await();
            return EXIT_0;
        });
        try (var server = new RunningServer(sandboxes, "--workers=1", "--queue-depth=0");
                var first = server.connect()) {
            first.send(RawClient.post("x"));
            running.await();

            assertThat(ask(server, "-size=" + GO_PROGRAM_SIZE, "-runs=100", "-clients=4"))
                    .containsExactly("100 unexpected response from backend: 503 Service Unavailable");
            finish.countDown();
        }
    }

    @Test
    void aFrontendThatGivesUpEndsItsRun() throws Exception {
        var ended = new CountDownLatch(1);
        var sandboxes = new FakeSandboxes((request, output, sandbox) -> {
            sandbox.receive(request);
            sandbox.awaitClose();
            ended.countDown();
            return sandbox.hang();
        });
        sandboxes.runTimeoutIs(Duration.ofMinutes(1));
        try (var server = new RunningServer(sandboxes)) {
            assertThat(ask(server, "-size=" + GO_PROGRAM_SIZE))
                    .containsExactly(
                            "1 {\"error\":\"timeout running program\",\"exitCode\":0,\"stdout\":null,\"stderr\":null}");

            assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
            await().untilAsserted(() -> assertThat(server.registry
                            .get("sandpool.runs")
                            .tag("outcome", "client_gone")
                            .counter()
                            .count())
                    .isEqualTo(1));
        }
    }

    private static List<String> ask(RunningServer server, String... flags) throws IOException, InterruptedException {
        var command =
                new ArrayList<>(List.of(frontend.toString(), "-url=http://127.0.0.1:" + server.server.port() + "/run"));
        command.addAll(Arrays.asList(flags));
        return output(command.toArray(String[]::new));
    }

    private static List<String> output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(new File(folder.toFile(), "errors")))
                .start();
        try (var out = process.getInputStream()) {
            String said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(said).isZero();
            return said.lines().toList();
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
