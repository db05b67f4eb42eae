package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code kubectl sandpool} with a kubectl and a curl that only answer what a test has put there. */
class KubectlPluginTest {
    private static final Path STAND_INS = Path.of("src", "test", "resources", "kubectl-plugin");
    private static final String POOLS = "get-sandboxpools.sandpool.dev";
    private static final String POOL = line("pool", "play", "go", "1/1", "2", "0", "0", "0", "2", "abc", "gvisor");

    @TempDir
    private Path answers;

    @BeforeEach
    void onePool() {
        answer("config-view", "play");
        answer(POOLS, POOL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"status", "run", "doctor"})
    void everyCommandHelpsAndRefusesWhatItDoesNotKnow(String command) {
        KubectlPlugin.Said help = call(command, "--help");
        assertThat(help.exitCode()).isZero();
        assertThat(help.output())
                .startsWith("Usage: kubectl sandpool " + command)
                .contains("--kubeconfig");

        KubectlPlugin.Said wrong = call(command, "--nonsense=1");
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.errors())
                .isEqualTo("kubectl sandpool: unknown option --nonsense=1 (see kubectl sandpool " + command
                        + " --help)\n");
    }

    @ParameterizedTest
    @CsvSource({
        "nonsense, unknown command \"nonsense\"",
        "status a b, unexpected \"b\"",
        "status -n, needs a value",
        "status --all-namespaces=no, takes no value",
        "sweep, unknown command \"sweep\"",
        "run, which program",
        "run prog more, arguments come after --",
        "status -- x, only for run",
        "run --pool=../x /bin/sh, is no pool's name",
    })
    void whatIsWrongIsSaidInOneLine(String words, String said) {
        KubectlPlugin.Said wrong = call(words.split(" "));

        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.errors()).hasLineCount(1).contains(said);
    }

    @Test
    void kubectlIsToldWhichClusterAndNamespace() {
        answer("get-events", "");

        call("status", "--context=a", "--kubeconfig", "b", "-n", "elsewhere");

        assertThat(read("calls"))
                .contains("--context=a --kubeconfig=b get sandboxpools.sandpool.dev --namespace=elsewhere");
    }

    @Test
    void statusAlignsColumnsAndTellsOnlyOfConditionsThatAreNotAsTheyShouldBe() {
        answer(
                POOLS,
                POOL
                        + line(
                                "runner",
                                "play",
                                "go",
                                "\"go-runner-1\"",
                                "2",
                                "0",
                                "0",
                                "1",
                                "2",
                                "\"abc\"",
                                "\"Quota\"",
                                "\"" + ago(60) + "\"",
                                "\"exceeded quota: \\\"q\\\"\\nagain \\x1b[31m\"",
                                "\"life\"",
                                "\"x\"")
                        + line("condition", "play", "go", "Ready", "True", "PoolReady", ago(60), "\"1 of 1\"")
                        + line(
                                "condition",
                                "play",
                                "go",
                                "Degraded",
                                "True",
                                "SandboxesNotStartable",
                                ago(600),
                                "\"why\"")
                        + line(
                                "condition",
                                "play",
                                "go",
                                "Stalled",
                                "True",
                                "SandboxesNotStartable",
                                ago(9),
                                "\"why\""));
        answer("get-events", line(ago(5), "play", "go", "Warning", "Held", "\"a note\""));

        String said = call("status").output();

        assertThat(said)
                .startsWith("""
                        NAMESPACE  POOL  READY  WARM  RUNNING  QUEUED  STARTING  CAPACITY  REVISION
                        play       go    1/1    2     0        0       0         2         abc
                        """)
                .containsPattern(
                        "play +go-runner-1 +2 +0 +0 +1 +2 +abc +Quota, for 6\\ds: exceeded quota: \"q\"; again \\\\x1b\\[31m\n")
                .containsPattern("play +go +Degraded=True +SandboxesNotStartable +10m +why\n")
                .doesNotContain("PoolReady")
                .doesNotContain("Stalled")
                .containsPattern("\\ds +play +go +Warning +Held +a note\n");
    }

    @Test
    void aProgramsExitCodeAndStreamsComeThroughAndTheProxyIsEnded() throws IOException {
        result("", 3, "out\n", "err\n");
        Path program = Files.writeString(answers.resolve("{a,b} program"), "the program");

        KubectlPlugin.Said said = call("run", program.toString(), "--", "--pool", "a b", "", "Größe");

        assertThat(said).isEqualTo(new KubectlPlugin.Said(3, "out\n", "err\n"));
        assertThat(read("curl.sent")).isEqualTo("the program");
        assertThat(read("curl.arguments"))
                .contains("X-Argument: --pool\n", "X-Argument: a b\n", "X-Argument;\n", "X-Argument: Größe\n")
                .contains("http://localhost/api/v1/namespaces/play/services/go:http/proxy/run\n");
        assertProxyEnded();
    }

    @Test
    void standardInputIsAProgramToo() {
        result("", 0, "", "");

        assertThat(callWith("from a pipe", "run", "-").exitCode()).isZero();
        assertThat(read("curl.sent")).isEqualTo("from a pipe");
    }

    @Test
    void anErrorOfTheRunIsOursAndItsJsonIsRead() {
        result("said \\\"no\\\" at C:\\\\new \\u00e9\\u001b[31m", 0, "", "");

        KubectlPlugin.Said said = callWith("", "run", "-");

        assertThat(said.exitCode()).isEqualTo(125);
        assertThat(said.errors()).isEqualTo("kubectl sandpool: said \"no\" at C:\\new é [31m\n");
    }

    @Test
    void aRefusalIsOursAndSaysTheApiServersWords() {
        answer("http", "503");
        answer("answer", "{\"kind\":\"Status\",\"message\":\"no endpoints for \\\"go\\\"\",\"code\":503}");

        KubectlPlugin.Said said = callWith("", "run", "-");

        assertThat(said.exitCode()).isEqualTo(125);
        assertThat(said.errors())
                .isEqualTo("kubectl sandpool: the pool go did not run it: HTTP 503: no endpoints for \"go\"\n");
        assertProxyEnded();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "a\r", " a", "a "})
    void anArgumentThatAHeaderCannotCarryIsRefused(String argument) {
        KubectlPlugin.Said said = callWith("", "run", "-", "--", argument);

        assertThat(said.exitCode()).isEqualTo(2);
        assertThat(said.errors()).hasLineCount(1).contains("which cannot be passed on");
    }

    @Test
    void ofSeveralPoolsOneMustBeNamed() {
        answer(POOLS, POOL + POOL.replace("\tgo\t", "\tother\t"));

        KubectlPlugin.Said said = callWith("", "run", "-");

        assertThat(said.exitCode()).isEqualTo(125);
        assertThat(said.errors()).contains("several pools, so say --pool: go, other");
    }

    private void assertProxyEnded() {
        long pid = Long.parseLong(read("proxy.pid").strip());
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() ->
                        ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
    }

    private void result(String error, int exitCode, String stdout, String stderr) {
        answer("http", "200");
        answer(
                "answer",
                "{\n" + (error.isEmpty() ? "" : "  \"error\": \"" + error + "\",\n") + "  \"exitCode\": " + exitCode
                        + ",\n  \"stdout\": \"" + base64(stdout) + "\",\n  \"stderr\": \"" + base64(stderr) + "\"\n}");
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String ago(long seconds) {
        return Instant.now()
                .truncatedTo(ChronoUnit.SECONDS)
                .minusSeconds(seconds)
                .toString();
    }

    private static String line(String... fields) {
        return String.join("\t", Arrays.asList(fields)) + "\n";
    }

    private void answer(String name, String text) {
        try {
            Files.writeString(answers.resolve(name), text);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private String read(String name) {
        try {
            return Files.readString(answers.resolve(name));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private KubectlPlugin.Said call(String... words) {
        return callWith("", words);
    }

    private KubectlPlugin.Said callWith(String input, String... words) {
        return KubectlPlugin.call(STAND_INS, Map.of("ANSWERS", answers.toString(), "LC_ALL", "C.UTF-8"), input, words);
    }
}
