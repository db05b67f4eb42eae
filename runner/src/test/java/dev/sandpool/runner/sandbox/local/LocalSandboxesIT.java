package dev.sandpool.runner.sandbox.local;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.crds.LauncherSpec;
import dev.sandpool.runner.sandbox.AskedLimits;
import dev.sandpool.runner.sandbox.Launchers;
import dev.sandpool.runner.sandbox.LaunchersTest;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RecordedOutput;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.RunInput;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.Sandbox;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.Sandboxes.WarmSandbox;
import dev.sandpool.runner.sandbox.TestSettings;
import dev.sandpool.runner.sandbox.pool.WarmPool;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The real contained, as a child process of this one. */
@Timeout(30)
class LocalSandboxesIT {
    static final Path CONTAINED = Path.of("../contained/target/contained");
    private static final SandboxLimits LIMITS =
            new SandboxLimits(100 << 20, 16 << 20, 1 << 20, 100 << 20, 64, Optional.empty(), Duration.ofSeconds(2));

    final RecordedOutput output = new RecordedOutput();

    LocalSandboxes sandboxes;

    @BeforeEach
    void open() throws IOException {
        sandboxes = new LocalSandboxes(settings(), LIMITS);
    }

    LocalSandboxes.Settings settings() throws IOException {
        return new LocalSandboxes.Settings(CONTAINED, Optional.empty(), Optional.empty());
    }

    @AfterEach
    void leaveNothingBehind() throws IOException {
        if (sandboxes == null) {
            return; // nothing was opened: an assumption did not hold
        }
        sandboxes.close();
        assertThat(ProcessHandle.current().descendants().filter(LocalSandboxesIT::isSandbox))
                .isEmpty();
        try (Stream<Path> left = Files.list(OwnFolder.ofThisUser())) {
            String ours = "local-" + ProcessHandle.current().pid() + "-";
            assertThat(left.filter(path -> path.getFileName().toString().startsWith(ours)))
                    .isEmpty();
        }
    }

    private static boolean isSandbox(ProcessHandle process) {
        String command = process.info().command().orElse("");
        return command.contains("contained") || command.contains("runsc");
    }

    private WarmSandbox start() throws Exception {
        return sandboxes.start(Revision.local(LIMITS), Duration.ofSeconds(10));
    }

    RunResult run(String script, String... arguments) throws Exception {
        try (WarmSandbox sandbox = start()) {
            return sandbox.run(request(script, arguments), output, () -> {});
        }
    }

    static ProgramRequest request(String script, String... arguments) {
        return new ProgramRequest(List.of(arguments), new ByteArrayInputStream(script.getBytes(UTF_8)));
    }

    @Test
    void aScriptRunsWithItsArgumentsAndOurEnvironment() throws Exception {
        RunResult result = run("#!/bin/sh\necho \"$2 $1 $HOME\"; echo oops >&2; exit 3\n", "a b", "c");
        assertThat(result)
                .isInstanceOfSatisfying(
                        RunResult.Exited.class,
                        exited -> assertThat(exited.code()).isEqualTo(3));
        assertThat(output.stdout).hasToString("c a b /tmp\n");
        assertThat(output.stderr).hasToString("oops\n");
    }

    private record ScriptWithInput(String script, String input) implements RunInput {
        @Override
        public @Nullable WorkingFile nextFile() {
            return null;
        }

        @Override
        public InputStream program() {
            return new ByteArrayInputStream(script.getBytes(UTF_8));
        }

        @Override
        public boolean mayHaveStandardInput() {
            return true;
        }

        @Override
        public InputStream standardInput() {
            return new ByteArrayInputStream(input.getBytes(UTF_8));
        }

        @Override
        public void stop() {}
    }

    @Test
    void aProgramReadsMoreStandardInputThanOneWindow() throws Exception {
        String text = "a line of input\n".repeat(10_000);
        var input = new ScriptWithInput("#!/bin/sh\nexec cat\n", text);
        try (WarmSandbox sandbox = start()) {
            RunResult result =
                    sandbox.run(new ProgramRequest(List.of(), Map.of(), AskedLimits.NONE, input), output, () -> {});
            assertThat(result).isInstanceOf(RunResult.Exited.class);
        }
        assertThat(output.stdout).hasToString(text);
    }

    private static ProgramRequest launched(String program, LauncherSpec launcher) {
        return request(program, "first", "second").with(Launchers.of(List.of(launcher)));
    }

    /** As the playground once ran NaCl programs: no magic of the kernel's, bytes somewhere inside, a loader for it. */
    @Test
    void aLauncherRunsWhatTheKernelDoesNot() throws Exception {
        LauncherSpec loader = LaunchersTest.launcher("/bin/sh -e", null, null, 0, "NaCl\0stand-in");
        try (WarmSandbox sandbox = start()) {
            RunResult result = sandbox.run(launched("echo $2 $1; exit 3 # NaCl\0stand-in", loader), output, () -> {});
            assertThat(result)
                    .isInstanceOfSatisfying(
                            RunResult.Exited.class,
                            exited -> assertThat(exited.code()).isEqualTo(3));
        }
        assertThat(output.stdout).hasToString("second first\n");
    }

    @Test
    void aLauncherJudgesAProgramByItselfAndIsToldOfByName() throws Exception {
        LauncherSpec missing = LaunchersTest.launcher("/no/such/loader", "\u007fELF", null, 0, null);
        try (WarmSandbox sandbox = start()) {
            assertThat(sandbox.run(launched("\u007fELF and then nothing", missing), output, () -> {}))
                    .isInstanceOfSatisfying(
                            RunResult.FailedToStart.class,
                            failed -> assertThat(failed.message())
                                    .isEqualTo("fork/exec /no/such/loader: no such file or directory"));
        }
    }

    @Test
    void aProgramThatSleepsTimesOutAndItsOutputIsKept() throws Exception {
        assertThat(run("#!/bin/sh\necho begun\nsleep 60\n")).isInstanceOf(RunResult.TimedOut.class);
        assertThat(output.stdout).hasToString("begun\n");
    }

    /** Down as a program and up as its output, and compressed both times. */
    @Test
    void aLongTextComesBackAsItWas() throws Exception {
        String script = "#!/bin/sh\nexec cat $0\n" + "# much of the same, and still not a line too many\n".repeat(6000);

        assertThat(run(script))
                .isInstanceOfSatisfying(
                        RunResult.Exited.class,
                        exited -> assertThat(exited.code()).isZero());
        assertThat(output.stdout).hasToString(script);
    }

    @Test
    void aFloodIsTooLarge() throws Exception {
        assertThat(run("#!/bin/sh\nexec cat /dev/zero\n")).isInstanceOf(RunResult.OutputTooLarge.class);
        assertThat(output.stdout.size()).isLessThanOrEqualTo(1 << 20);
    }

    @Test
    void noProgramFailsToStart() throws Exception {
        assertThat(run("\u007fELF and then nothing"))
                .isInstanceOfSatisfying(
                        RunResult.FailedToStart.class,
                        failed -> assertThat(failed.message()).endsWith("exec format error"));
    }

    @Test
    void closingCancelsARun() throws Exception {
        WarmSandbox sandbox = start();
        CountDownLatch sent = new CountDownLatch(1);
        var result = CompletableFuture.supplyAsync(
                () -> sandbox.run(request("#!/bin/sh\nsleep 60\n"), output, sent::countDown));
        sent.await();
        sandbox.close();
        assertThat(result.get(5, TimeUnit.SECONDS)).isEqualTo(new RunResult.Cancelled());
    }

    @Test
    void aWarmOneThatIsKilledIsLost() throws Exception {
        try (WarmSandbox sandbox = start()) {
            assertThat(sandbox.answers()).isTrue();
            CountDownLatch lost = new CountDownLatch(1);
            sandbox.onLost(lost::countDown);
            ProcessHandle.current()
                    .children()
                    .filter(LocalSandboxesIT::isSandbox)
                    .forEach(ProcessHandle::destroyForcibly);
            lost.await();
            assertThat(sandbox.answers()).isFalse();
        }
    }

    @Test
    void thePoolStaysWarm() throws Exception {
        try (WarmPool pool = new WarmPool(sandboxes, new SimpleMeterRegistry())) {
            pool.apply(settings(2));
            pool.open();
            for (int i = 0; i < 10; i++) {
                try (Sandbox sandbox = pool.claim("someone", Duration.ofSeconds(5))) {
                    assertThat(sandbox.run(request("#!/bin/sh\necho hi\n"), output, () -> {}))
                            .isInstanceOf(RunResult.Exited.class);
                }
            }
            await().untilAsserted(() -> assertThat(pool.state().warm()).isEqualTo(2));
            assertThat(pool.state().running()).isZero();
        }
        assertThat(output.stdout).hasToString("hi\n".repeat(10));
    }

    static PoolSettings settings(int warm) {
        return new PoolSettings(
                Revision.local(LIMITS),
                Optional.empty(),
                TestSettings.changed(TestSettings.RULES, "workers: 2, queueDepth: 0, warmMax: " + warm));
    }
}
