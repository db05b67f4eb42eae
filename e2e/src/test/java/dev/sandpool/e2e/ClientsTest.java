package dev.sandpool.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sandpool.e2e.cluster.TestPool;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The clients in docs/clients, against a runner with one slot and no queue. */
@Timeout(300)
class ClientsTest {
    private static final Path CLIENTS = Path.of("..", "docs", "clients");
    private static LocalRunner runner;

    @TempDir
    private Path folder;

    private final List<Process> started = new ArrayList<>();

    /** A client, and the programs that it takes. */
    enum Client {
        PYTHON("python3") {
            @Override
            List<String> command() {
                return List.of("python3", CLIENTS.resolve("run.py").toString());
            }
        },
        GO("go") {
            @Override
            List<String> command() throws Exception {
                Path built = Path.of("target", "clients", "run").toAbsolutePath();
                var compiler = new ProcessBuilder("go", "build", "-o", built.toString(), "run.go")
                        .directory(CLIENTS.toFile())
                        .redirectErrorStream(true)
                        .start();
                String said = new String(compiler.getInputStream().readAllBytes(), UTF_8);
                assertThat(compiler.waitFor()).as(said).isZero();
                return List.of(built.toString());
            }
        },
        JAVA("") {
            @Override
            List<String> command() {
                String jackson = Arrays.stream(
                                System.getProperty("java.class.path").split(File.pathSeparator))
                        .filter(entry -> entry.contains("jackson-"))
                        .collect(Collectors.joining(File.pathSeparator));
                return List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        jackson,
                        CLIENTS.resolve("Run.java").toString());
            }
        },
        SHELL("curl jq") {
            @Override
            List<String> command() {
                return List.of(CLIENTS.resolve("run.sh").toString());
            }
        };

        private final String programs;

        Client(String programs) {
            this.programs = programs;
        }

        abstract List<String> command() throws Exception;

        void assumeItCanRun() {
            for (String program : programs.split(" ", 0)) {
                assumeTrue(
                        program.isEmpty()
                                || Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                                        .anyMatch(place -> Files.isExecutable(Path.of(place, program))),
                        "there is no " + program + " here");
            }
        }
    }

    @BeforeAll
    static void start() {
        runner = new LocalRunner("--workers=1", "--warm=1", "--queue-depth=0", "--run-timeout=60s");
    }

    @AfterAll
    static void stop() {
        runner.close();
    }

    @AfterEach
    void endAll() {
        started.forEach(Process::destroyForcibly);
    }

    @ParameterizedTest
    @EnumSource
    void optionsAndFilesReachTheProgramAndItsStreamsAndExitCodeComeBack(Client client) throws Exception {
        Process process = start(client, """
                #!/bin/sh
                echo "$1 from $WHERE"
                cat in.txt
                echo 'and this' >&2
                exit 3
                """);

        assertThat(process.waitFor()).as(errors()).isEqualTo(3);
        assertThat(process.inputReader(UTF_8).readAllAsString()).isEqualTo("hello from Sandpool\nä file\n");
        assertThat(errors()).isEqualTo("and this\n");
    }

    @ParameterizedTest
    @EnumSource
    void outputComesWhileTheProgramRunsAndASignalCancelsIt(Client client) throws Exception {
        double cancelled = runner.metric("sandpool_runs_total{outcome=\"cancelled\"}");
        Process process = start(client, "#!/bin/sh\necho begun\nsleep 60\n");
        BufferedReader output = process.inputReader(UTF_8);
        assertThat(output.readLine()).as(errors()).isEqualTo("begun");

        process.destroy();

        assertThat(process.waitFor()).isNotZero();
        // Cancelled by its client's word. One whose client merely hangs up is client_gone.
        TestPool.patiently().until(() -> runner.metric("sandpool_runs_total{outcome=\"cancelled\"}") == cancelled + 1);
    }

    @ParameterizedTest
    @EnumSource
    void aBusyRunnerIsAskedAgain(Client client) throws Exception {
        HttpRequest occupying = HttpRequest.newBuilder(runner.url().resolve("/v1/runs"))
                .header("Accept", "application/x-ndjson")
                .POST(BodyPublishers.ofString("#!/bin/sh\nsleep 60\n"))
                .build();
        Process process;
        try (InputStream events =
                runner.http().send(occupying, BodyHandlers.ofInputStream()).body()) {
            assertThat(events.read()).isNotNegative(); // it runs
            process = start(client, "#!/bin/sh\necho done\n");
            TestPool.patiently().until(() -> errors().contains("trying again in"));
        }

        assertThat(process.waitFor()).as(errors()).isZero();
        assertThat(process.inputReader(UTF_8).readAllAsString()).isEqualTo("done\n");
    }

    @ParameterizedTest
    @EnumSource
    void whatIsRefusedForGoodIsTold(Client client) throws Exception {
        // Two files of one name.
        Process process = start(client, "#!/bin/sh\n", folder.resolve("in.txt"));

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(errors()).startsWith("400 ").contains("in.txt");
    }

    private Process start(Client client, String program, Path... moreFiles) throws Exception {
        client.assumeItCanRun();
        Path in = Files.writeString(folder.resolve("in.txt"), "ä file\n");
        List<String> words = new ArrayList<>(client.command());
        words.add(runner.url().toString());
        words.add(Files.writeString(folder.resolve("program"), program).toString());
        words.add(in.toString());
        Arrays.stream(moreFiles).map(Path::toString).forEach(words::add);
        Process process = new ProcessBuilder(words)
                .redirectError(folder.resolve("errors").toFile())
                .start();
        started.add(process);
        return process;
    }

    private String errors() throws IOException {
        Path errors = folder.resolve("errors");
        return Files.exists(errors) ? Files.readString(errors) : "";
    }
}
