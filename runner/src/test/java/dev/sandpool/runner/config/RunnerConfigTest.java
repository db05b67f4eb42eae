package dev.sandpool.runner.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sandpool.log.LogFormat;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.TestSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunnerConfigTest {
    private static final int CORES = Runtime.getRuntime().availableProcessors();
    private static final PoolSettings DEFAULTS = new PoolSettings(
            Revision.local(new SandboxLimits(
                    100 << 20, 16 << 20, 100 << 20, 100 << 20, 1024, Optional.empty(), Duration.ofSeconds(5))),
            Optional.empty(),
            TestSettings.changed(
                    TestSettings.RULES, "workers: %1$d, warmMax: %1$d, queueDepth: %2$d".formatted(CORES, 8 * CORES)));

    private static final Telemetry TELEMETRY = new Telemetry(LogFormat.TEXT, true, Optional.empty());

    @TempDir
    private Path folder;

    private Path contained = Path.of("");

    @BeforeEach
    void makeAProgram() throws IOException {
        contained = folder.resolve("contained");
        Files.createFile(contained, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    }

    @Test
    void theDefaultsAreTheOriginals() throws BadConfigException {
        var config = RunnerConfig.read(Map.of("SANDPOOL_CONTAINED", contained.toString()), List.of());

        assertThat(config)
                .isEqualTo(new RunnerConfig(
                        new ListenAddress("127.0.0.1", 8080),
                        new ListenAddress("127.0.0.1", 8081),
                        new HostNames(false, Set.of()),
                        Path.of(System.getProperty("java.io.tmpdir")),
                        3L << 30,
                        Duration.ofSeconds(20),
                        TELEMETRY,
                        Optional.empty(),
                        new RunnerConfig.Local(contained, Optional.empty(), Optional.empty(), DEFAULTS)));
    }

    @Test
    void everyVariableOfALocalRunnerIsRead() throws Exception {
        var environment = new HashMap<>(Map.of(
                "SANDPOOL_LISTEN", "0.0.0.0:80",
                "SANDPOOL_ADMIN_LISTEN", "[::1]:81",
                "SANDPOOL_CONTAINED", contained.toString(),
                "SANDPOOL_WORKERS", "3",
                "SANDPOOL_WARM", "4",
                "SANDPOOL_QUEUE_DEPTH", "5",
                "SANDPOOL_BINARY_LIMIT", "1000",
                "SANDPOOL_OUTPUT_LIMIT", "2Ki",
                "SANDPOOL_MEMORY_LIMIT", "3M",
                "SANDPOOL_PIDS_LIMIT", "7"));
        environment.putAll(Map.of(
                "SANDPOOL_RUN_TIMEOUT", "1500ms",
                "SANDPOOL_START_TIMEOUT", "1m",
                "SANDPOOL_QUEUE_TIMEOUT", "2s",
                "SANDPOOL_SPOOL_DIRECTORY", folder.toString(),
                "SANDPOOL_SPOOL_LIMIT", "5Mi",
                "SANDPOOL_FILES_LIMIT", "500",
                "SANDPOOL_CPU_TIME_LIMIT", "900ms",
                "SANDPOOL_DRAIN_TIMEOUT", "9s",
                "SANDPOOL_LOG_FORMAT", "json",
                "SANDPOOL_RUN_LOG", "off"));
        environment.putAll(Map.of(
                "SANDPOOL_TOKENS_DIRECTORY", folder.toString(),
                "SANDPOOL_CALLER_HEADER", "X-Team",
                "SANDPOOL_CALLER_PROXIES", "2",
                "SANDPOOL_HOSTS", "Play.example, 10.1.2.3",
                "SANDPOOL_CALLER_CONCURRENCY", "11",
                "SANDPOOL_CALLER_RATE", "60",
                "SANDPOOL_CALLER_BURST", "6",
                "SANDPOOL_REUSE_RUNS", "50",
                "SANDPOOL_REUSE_AGE", "90s"));
        var limits = new SandboxLimits(
                1000, 500, 2048, 3_000_000, 7, Optional.of(Duration.ofMillis(900)), Duration.ofMillis(1500));
        var pool = new PoolSettings(
                Revision.local(limits), Optional.empty(), TestSettings.changed(TestSettings.RULES, """
                        workers: 3, warmMax: 4, queueDepth: 5, startTimeout: 1m, queueTimeout: 2s,
                        reuse: {maxRuns: 50, maxAge: 90s},
                        callers: {header: X-Team, trustedProxies: 2, concurrency: 11, ratePerMinute: 60, burst: 6},
                        authentication: {tokensSecret: tokens-directory}
                        """));

        assertThat(RunnerConfig.read(environment, List.of()))
                .isEqualTo(new RunnerConfig(
                        new ListenAddress("0.0.0.0", 80),
                        new ListenAddress("::1", 81),
                        new HostNames(false, Set.of("play.example", "10.1.2.3")),
                        folder,
                        5L << 20,
                        Duration.ofSeconds(9),
                        new Telemetry(LogFormat.JSON, false, Optional.empty()),
                        Optional.of(folder),
                        new RunnerConfig.Local(contained, Optional.empty(), Optional.empty(), pool)));
    }

    @Test
    void everyVariableOfARunnerInKubernetesIsRead() throws Exception {
        var environment = Map.of(
                "SANDPOOL_SANDBOXES", "kubernetes",
                "SANDPOOL_POOL", "go",
                "SANDPOOL_NAMESPACE", "ns",
                "SANDPOOL_POD_NAME", "runner-1",
                "SANDPOOL_POD_UID", "uid-1");

        var config = RunnerConfig.read(environment, List.of());

        assertThat(config.backend())
                .isEqualTo(new RunnerConfig.Kubernetes("go", "ns", Optional.of("runner-1"), Optional.of("uid-1")));
        assertThat(config.inWords())
                .endsWith("sandboxes=kubernetes pool=go namespace=ns pod-name=runner-1 pod-uid=uid-1");
    }

    @Test
    void localSandboxesHaveTheirOwnSettings() throws BadConfigException {
        var config = RunnerConfig.read(
                Map.of("PATH", "/nowhere:" + folder),
                List.of("--contained=" + contained, "--rootfs=" + folder, "--runsc=" + contained));

        assertThat(config.backend())
                .isEqualTo(new RunnerConfig.Local(contained, Optional.of(folder), Optional.of(contained), DEFAULTS));
    }

    @Test
    void runscIsFoundOnThePathUnlessItIsNotWanted() throws Exception {
        Path runsc = Files.copy(contained, folder.resolve("runsc"));
        var environment = Map.of("PATH", "/nowhere:" + folder, "SANDPOOL_CONTAINED", contained.toString());

        assertThat(RunnerConfig.read(environment, List.of()).backend())
                .isEqualTo(new RunnerConfig.Local(contained, Optional.empty(), Optional.of(runsc), DEFAULTS));
        assertThat(RunnerConfig.read(environment, List.of("--runsc=none")).backend())
                .isEqualTo(new RunnerConfig.Local(contained, Optional.empty(), Optional.empty(), DEFAULTS));
    }

    @Test
    void aRunscThatIsNamedIsNotLeftUnusedForWantOfFiles() {
        assertThat(errors(Map.of(), "--runsc=" + contained, "--contained=" + contained))
                .containsExactly("SANDPOOL_ROOTFS is not set: the runsc that is named needs it");
    }

    @Test
    void aFlagWinsOverItsVariable() throws BadConfigException {
        var config =
                RunnerConfig.read(Map.of("SANDPOOL_WORKERS", "3"), List.of("--workers=5", "--contained=" + contained));

        assertThat(config.backend()).isInstanceOfSatisfying(RunnerConfig.Local.class, local -> {
            assertThat(local.pool().rules().workers()).isEqualTo(5);
            assertThat(local.pool().rules().warmMax()).isEqualTo(5);
            assertThat(local.pool().rules().queueDepth()).isEqualTo(40);
        });
    }

    @Test
    void allThatIsWrongIsToldAtOnce() {
        var environment = Map.of("SANDPOOL_WORKERS", "none", "SANDPOOL_TYPO", "1");

        assertThat(errors(environment, "--run-timeout=500ms", "--unknown=2", "serve", "--contained=/nowhere/contained"))
                .containsExactly(
                        "SANDPOOL_TYPO=1: there is no such setting; --help lists them",
                        "--unknown=2: there is no such setting; --help lists them",
                        "serve: flags are --name=value; --help lists them",
                        "SANDPOOL_WORKERS=none: must be a whole number from 1 to 1000",
                        "--run-timeout=500ms: must be a time from 1s to 60m, such as 500ms, 5s or 1m",
                        "--contained=/nowhere/contained: must be the contained program, which make -C contained builds");
    }

    @ParameterizedTest
    @CsvSource({
        "--listen=8080,must be address:port",
        "--listen=x:70000,must be address:port",
        "--warm=0,must be a whole number",
        "--binary-limit=0,must be a number of bytes",
        "--binary-limit=1.5Mi,must be a number of bytes",
        "--binary-limit=100Ti,must be a number of bytes",
        "--binary-limit=999999999999999Gi,must be a number of bytes",
        "--queue-timeout=5,must be a time",
        "--queue-timeout=-5s,must be a time",
        "--sandboxes=docker,'must be one of [local, kubernetes]'",
        "--spool-directory=/nowhere,must be a folder that can be written to",
        "--admin-listen=0.0.0.0:8080,must have another port than SANDPOOL_LISTEN",
        "--rootfs=/nowhere,must be a folder",
        "--hosts=http://x,must be names or addresses without ports",
        "--caller-proxies=2,needs SANDPOOL_CALLER_HEADER",
        "--log-format=xml,'must be one of [text, json]'",
        "--run-log=yes,'must be one of [on, off]'",
        "--runsc=/nowhere,'must be a program, or none'",
    })
    void eachBadValueIsToldWithItsRule(String flag, String rule) {
        assertThat(errors(Map.of(), flag, "--contained=" + contained))
                .singleElement()
                .asString()
                .startsWith(flag + ": " + rule);
    }

    @Test
    void kubernetesNeedsAPoolAndANamespace() {
        assertThat(errors(Map.of(), "--sandboxes=kubernetes"))
                .containsExactly(
                        "SANDPOOL_POOL is not set: sandboxes in Kubernetes need it",
                        "SANDPOOL_NAMESPACE is not set: sandboxes in Kubernetes need it");
    }

    @Test
    void whatThePoolSaysCannotBeSaidToARunnerInKubernetes() {
        assertThat(errors(
                        Map.of("SANDPOOL_WORKERS", "3"),
                        "--sandboxes=kubernetes",
                        "--pool=go",
                        "--namespace=ns",
                        "--run-timeout=5s"))
                .containsExactly(
                        "SANDPOOL_WORKERS=3: is for local sandboxes only: in Kubernetes the SandboxPool says it",
                        "--run-timeout=5s: is for local sandboxes only: in Kubernetes the SandboxPool says it");
    }

    @Test
    void theWordsAtTheStartNameEverySetting() throws BadConfigException {
        String words =
                RunnerConfig.read(Map.of(), List.of("--contained=" + contained)).inWords();

        assertThat(words).contains("listen=127.0.0.1:8080", "binary-limit=100Mi", "run-timeout=5s", "runsc=none");
        Arrays.stream(Setting.values())
                .filter(setting -> !setting.meaning().startsWith("kubernetes:"))
                .forEach(setting -> assertThat(words).contains(setting.flag().substring(2) + "="));
    }

    private static List<String> errors(Map<String, String> environment, String... flags) {
        var error =
                catchThrowableOfType(BadConfigException.class, () -> RunnerConfig.read(environment, List.of(flags)));
        return error.lines().lines().toList();
    }
}
