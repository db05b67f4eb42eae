package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.FilePattern;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.FrameWriter;
import dev.sandpool.protocol.Hello;
import dev.sandpool.protocol.Start;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The supervisor with gVisor, as an ordinary user in what a restricted pod has. */
class SupervisorIT {
    private static final long MIB = 1 << 20;

    @BeforeEach
    void isPossibleHere() {
        assumeTrue(Embedded.whyNot().isEmpty(), Embedded.whyNot());
    }

    /** A run that goes on until it is ended. */
    private static void startEndless(Contained contained) throws IOException {
        RunOf run = RunOf.c("obey").arguments("not");
        contained.send(run.start());
        contained.sendProgram(run.program());
        contained.readUntil(Frame.Stdout.class);
    }

    /** gVisor's kernels that run, the oldest first. */
    private static List<ProcessHandle> sentries(Contained contained) {
        return contained.descendants().stream()
                .filter(process -> commandLine(process).contains("\0boot\0"))
                .sorted(Comparator.comparing(SupervisorIT::started))
                .toList();
    }

    private static Instant started(ProcessHandle process) {
        return process.info().startInstant().orElse(Instant.MAX);
    }

    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"), ISO_8859_1);
        } catch (IOException e) {
            return ""; // it ended in the meantime
        }
    }

    private static Contained.Ran run(Contained contained, RunOf run) throws IOException {
        contained.send(run.start(), new Frame.StdinEnd());
        contained.sendProgram(run.program());
        return contained.finishReusable();
    }

    private static void assertServes(Contained contained) throws IOException {
        assertThat(run(contained, RunOf.c("hello")).out()).isEqualTo("Hello, sandbox\n");
    }

    @Test
    void itGreetsWithTheFactsOfAPodAndItsOwn() throws IOException {
        try (Contained contained = Embedded.start()) {
            Map<String, String> facts = contained.greet().facts().values();

            assertThat(facts)
                    .containsEntry(Facts.KERNEL, "gvisor")
                    .containsEntry(Facts.NAMESPACES, Isolation.ALL_NAMESPACES)
                    .containsEntry(Facts.TOKEN, "absent")
                    .containsEntry(Facts.ROOT, "read-only")
                    .containsEntry(Facts.CAPABILITIES, "none")
                    .containsEntry(Facts.NO_NEW_PRIVILEGES, "on")
                    .containsEntry(Facts.PROC, "own")
                    .containsEntry(Facts.TMPFS, "own")
                    .containsEntry(Facts.UID, "65532")
                    .containsEntry("isolation", "embedded")
                    .containsEntry("served", "0");
            assertThat(facts.get(Facts.INTERFACES)).isIn("", "lo");
        }
    }

    @Test
    void eachRunHasANewSandbox() throws IOException {
        try (Contained contained = Embedded.start()) {
            Map<String, String> first = contained.greet().facts().values();
            for (int served = 1; served <= 3; served++) {
                RunOf leaving =
                        RunOf.script("ls /tmp /dev/shm", "echo x >/tmp/left", "echo x >/dev/shm/left", "sleep 100 &");
                Contained.Ran ran = run(contained, leaving);
                Map<String, String> facts = new HashMap<>(contained.greetedAgain());

                assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
                assertThat(ran.out()).doesNotContain("left");
                assertThat(facts)
                        .containsEntry("served", String.valueOf(served))
                        .containsEntry(Facts.RUNS, "0");
                facts.put("served", "0");
                assertThat(facts).isEqualTo(first);
            }
        }
    }

    @Test
    void filesComeBackAndNoneOfTheRunBefore() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            for (String name : List.of("first", "second")) {
                RunOf run = RunOf.script("head -c 300000 /dev/zero >" + name, "echo printed");
                contained.send(
                        run.start(),
                        new Frame.Collect(Duration.ofSeconds(20), 1 << 20, List.of(new FilePattern("**"))),
                        new Frame.StdinEnd());
                contained.sendProgram(run.program());
                Contained.Ran ran = contained.finishReusable();

                assertThat(ran.out()).isEqualTo("printed\n");
                assertThat(Collected.of(ran.others()).files()).isEqualTo(Map.of(name, Bytes.view(new byte[300_000])));
                contained.greetedAgain();
            }
        }
    }

    @Test
    void eachRunHasANewKernel() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            long before = sentries(contained).getFirst().pid();
            assertServes(contained);
            contained.greetedAgain();

            assertThat(sentries(contained)).extracting(ProcessHandle::pid).doesNotContain(before);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "files",
                "processes",
                "sockets",
                "ipc",
                "timers",
                "signals",
                "environment",
                "locks",
                "full",
                "pids",
                "limits"
            })
    void nothingCrosses(String kind) throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            String fresh =
                    run(contained, RunOf.c("carry").arguments("find", kind)).out();
            contained.greetedAgain();
            Contained.Ran left = run(contained, RunOf.c("carry").arguments("leave", kind));
            contained.greetedAgain();
            String found =
                    run(contained, RunOf.c("carry").arguments("find", kind)).out();

            assertThat(left.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
            assertThat(found).isEqualTo(fresh).endsWith("done\n");
        }
    }

    @Test
    void startMayComeFirst() throws IOException {
        try (Contained contained = Embedded.start()) {
            RunOf run = RunOf.c("hello");
            contained.send(run.start(), new Frame.StdinEnd());
            contained.sendProgram(run.program());

            assertThat(contained.read()).isInstanceOf(Hello.class);
            assertThat(contained.finishReusable().out()).isEqualTo("Hello, sandbox\n");
        }
    }

    @Test
    void theNextStartMayBeSentAtOnce() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            assertServes(contained);
            for (int i = 0; i < 3; i++) {
                RunOf next = RunOf.c("hello");
                contained.send(next.start(), new Frame.StdinEnd());
                contained.sendProgram(next.program());

                assertThat(contained.greetedAgain()).containsEntry("served", String.valueOf(i + 1));
                assertThat(contained.finishReusable().out()).isEqualTo("Hello, sandbox\n");
            }
        }
    }

    @Test
    void whatComesTooLateForARunIsDropped() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            assertServes(contained);
            contained.send(
                    new Frame.Stdin(Bytes.utf8("late")),
                    new Frame.Signal(15),
                    new Frame.StdinEnd(),
                    new Frame.File(false, "late"),
                    new Frame.FileData(Bytes.utf8("late")),
                    new Frame.ProgramEnd(),
                    new Frame.Ping(Bytes.EMPTY));
            contained.greetedAgain();

            assertThat(contained.read()).isEqualTo(new Frame.Pong(Bytes.EMPTY));
            contained.send(new Frame.Stdin(Bytes.utf8("late")), new Frame.StdinEnd());
            assertThat(run(contained, RunOf.script("ls", "cat")).out()).isEqualTo("play\n");
        }
    }

    @Test
    void theRestOfAFrameThatWasForwardedInPartIsDropped() throws IOException {
        byte[] half = new byte[1000];
        try (Contained contained = Embedded.start()) {
            contained.greet();
            RunOf run = RunOf.c("hello");
            contained.send(run.start());
            contained.sendProgram(run.program());
            contained.sendBytes((byte) 4, (byte) 0, (byte) 0, (byte) 7, (byte) 0xd0); // STDIN of 2000 bytes
            contained.sendBytes(half);
            contained.finishReusable();
            contained.sendBytes(half);
            contained.send(new Frame.Ping(Bytes.utf8("after")));
            contained.greetedAgain();

            assertThat(contained.read()).isEqualTo(new Frame.Pong(Bytes.utf8("after")));
            assertServes(contained);
        }
    }

    @Test
    void killEndsARunAndTheNextOneIsServed() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            startEndless(contained);
            contained.send(new Frame.Kill());

            assertThat(contained.finishReusable().exit().outcome()).isEqualTo(ExitOutcome.KILLED);
            contained.greetedAgain();
            assertServes(contained);
        }
    }

    @Test
    void killBeforeStartEndsEverything() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            List<ProcessHandle> processes = contained.descendants();
            contained.send(new Frame.Kill());

            assertThat(contained.read()).isNull();
            assertThat(contained.exitStatus()).isZero();
            Left.awaitNoneOf(processes);
        }
    }

    /** While it starts, is ready, and runs a program with the next one beside it. */
    @ParameterizedTest
    @ValueSource(strings = {"at once", "greeted", "running", "between"})
    void theEndOfItsInputLeavesNoProcess(String when) throws IOException {
        List<String> before = files();
        try (Contained contained = Embedded.start()) {
            if (!when.equals("at once")) {
                contained.greet();
            }
            if (when.equals("running")) {
                startEndless(contained);
                Awaitility.await()
                        .atMost(Duration.ofSeconds(10))
                        .until(() -> sentries(contained).size() == 2);
            }
            if (when.equals("between")) {
                assertServes(contained);
            }
            List<ProcessHandle> processes = contained.descendants();
            contained.endInput();

            assertThat(contained.exitStatus()).isZero();
            Left.awaitNoneOf(processes);
        }
        assertThat(files()).isEqualTo(before);
    }

    /** Of the folders that an ordinary user may write to. */
    private static List<String> files() throws IOException {
        try (Stream<Path> shared = Files.list(Path.of("/dev/shm"));
                Stream<Path> run = Files.list(Path.of("/run"))) {
            return Stream.concat(shared, run).map(Path::toString).sorted().toList();
        }
    }

    @Test
    void whenItIsKilledNothingOfItIsLeft() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            startEndless(contained);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> sentries(contained).size() == 2);
            List<ProcessHandle> processes = contained.descendants();
            contained.handle().destroyForcibly();

            Left.awaitNoneOf(processes);
        }
    }

    @Test
    void aDeletedPodStillFinishesItsRun() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            startEndless(contained);
            contained.handle().destroy();
            contained.send(new Frame.Ping(Bytes.utf8("still there")), new Frame.Signal(9));

            Contained.Ran ran = contained.finish();
            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.SIGNALLED);
            assertThat(ran.status()).isZero();
        }
    }

    @Test
    void theLossOfTheSandboxThatRunsEndsEverything() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            startEndless(contained);
            List<ProcessHandle> processes = contained.descendants();
            sentries(contained).getFirst().destroyForcibly();

            for (Frame.Up frame = contained.read(); frame != null; frame = contained.read()) {
                assertThat(frame).isNotInstanceOf(Exit.class);
            }
            assertThat(contained.exitStatus()).isEqualTo(1);
            assertThat(contained.diagnostics()).contains("ended without EXIT");
            Left.awaitNoneOf(processes);
        }
    }

    @Test
    void theLossOfTheOneThatIsReadyIsMadeGood() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            startEndless(contained);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> sentries(contained).size() == 2);
            ProcessHandle ready = sentries(contained).getLast();
            ready.destroyForcibly();
            Left.awaitNoneOf(List.of(ready));
            contained.send(new Frame.Kill());

            assertThat(contained.finishReusable().exit().outcome()).isEqualTo(ExitOutcome.KILLED);
            assertThat(contained.greetedAgain()).containsEntry("served", "1");
            assertServes(contained);
        }
    }

    @Test
    void memoryThatIsUsedUpIsAnOutcomeAndTheNextRunIsServed() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            Contained.Ran ran =
                    run(contained, RunOf.c("memory").arguments("private", "900").memoryBytes(100 * MIB));

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.OUT_OF_MEMORY);
            contained.greetedAgain();
            assertServes(contained);
        }
    }

    @Test
    void aForkBombIsBoundedAndTheNextRunIsServed() throws IOException {
        RunOf bomb = RunOf.c("bomb")
                .deadlines(Duration.ofMillis(700), Duration.ofMillis(900))
                .resources(new Start.ResourceLimits(20, 64, MIB));
        try (Contained contained = Embedded.start()) {
            contained.greet();
            Contained.Ran ran = run(contained, bomb);

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.TIMED_OUT);
            contained.greetedAgain();
            assertServes(contained);
        }
    }

    @Test
    void aProgramSeesNobodyAndCanTouchNothing() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            Contained.Ran ran = run(contained, RunOf.c("attack"));

            assertThat(ran.out().lines()).hasSize(18);
            // As in a pod: contained watches from outside of what the program may limit.
            assertThat(ran.out().lines().filter(line -> !line.endsWith(" no"))).containsExactly("limit-others yes");
            contained.greetedAgain();
            Contained.Ran network = run(
                    contained, RunOf.c("network").arguments("10.96.0.1:443", "169.254.169.254:80", "192.0.2.1:10250"));

            assertThat(network.out().lines())
                    .containsExactly(
                            "itself connected",
                            "10.96.0.1 unreachable",
                            "169.254.169.254 unreachable",
                            "192.0.2.1 unreachable");
        }
    }

    /** Whatever the runner is late to read. */
    @Test
    void muchOutputComesWhole() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            Contained.Ran ran =
                    run(contained, RunOf.script("head -c 20000000 /dev/zero").outputBytes(20_000_000));

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
            assertThat(ran.stdout().size()).isEqualTo(20_000_000);
        }
    }

    @Test
    void whenMemoryRunsOutTheKernelTakesSandboxesFirst() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            int own = oomScore(contained.handle());

            assertThat(contained.descendants())
                    .isNotEmpty()
                    .allSatisfy(process -> assertThat(oomScore(process)).isGreaterThan(own));
        }
    }

    private static int oomScore(ProcessHandle process) {
        try {
            return Integer.parseInt(Files.readString(Path.of("/proc/" + process.pid() + "/oom_score_adj"))
                    .strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whoever gets out of gVisor is there. */
    @Test
    void aSentryHasNoFilesNoProcAndNoPowerOverNamespaces() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            Path sentry = Path.of("/proc/" + sentries(contained).getFirst().pid());
            Map<String, String> status = Files.readAllLines(sentry.resolve("status")).stream()
                    .map(line -> line.split(":\t", 2))
                    .filter(parts -> parts.length == 2)
                    .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));

            try (Stream<Path> root = Files.list(sentry.resolve("root"))) {
                assertThat(root.map(path -> path.getFileName().toString())).isSubsetOf("etc", "proc");
            }
            assertThat(sentry.resolve("root/proc/self")).doesNotExist();
            // Of its own user namespace: those about files, and to trace its own processes.
            assertThat(Long.parseLong(status.get("CapBnd"), 16) & ~0x8001fL).isZero();
            assertThat(status).containsEntry("Seccomp", "2").containsEntry("NoNewPrivs", "1");
            for (String namespace : List.of("user", "pid", "net", "mnt", "ipc", "uts")) {
                assertThat(Files.readSymbolicLink(sentry.resolve("ns/" + namespace)))
                        .isNotEqualTo(Files.readSymbolicLink(
                                Path.of("/proc/" + contained.handle().pid() + "/ns/" + namespace)));
            }
        }
    }

    @Test
    void itsMemoryAndDescriptorsAreClosedToItsOwnUser() throws IOException, InterruptedException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            Process look = new ProcessBuilder(
                            "setpriv",
                            "--reuid=65532",
                            "--regid=65532",
                            "--clear-groups",
                            "ls",
                            "/proc/" + contained.handle().pid() + "/fd")
                    .redirectErrorStream(true)
                    .start();
            String said = new String(look.getInputStream().readAllBytes(), UTF_8);

            assertThat(look.waitFor()).isNotZero();
            assertThat(said).contains("Permission denied");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0x00, 0x55, 0x82, 0xff})
    void whatIsNoFrameIsAProtocolError(int type) throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            List<ProcessHandle> processes = contained.descendants();
            contained.sendBytes((byte) type);

            assertProtocolError(contained.finish(), processes);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFrameThatIsTooLongIsAProtocolError(boolean isRunning) throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            if (isRunning) {
                startEndless(contained);
            }
            List<ProcessHandle> processes = contained.descendants();
            contained.sendBytes((byte) 2, (byte) 0, (byte) 1, (byte) 0, (byte) 1);

            assertProtocolError(contained.finish(), processes);
        }
    }

    private static void assertProtocolError(Contained.Ran ran, List<ProcessHandle> processes) {
        assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.PROTOCOL_ERROR);
        assertThat(ran.exit().message()).isNotEmpty();
        assertThat(ran.status()).isEqualTo(1);
        Left.awaitNoneOf(processes);
    }

    @Test
    void inputThatEndsInsideAFrameIsSaidSo() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            contained.sendBytes((byte) 7, (byte) 0, (byte) 0);
            contained.endInput();

            assertThat(contained.exitStatus()).isEqualTo(1);
            assertThat(contained.diagnostics()).contains("inside a frame");
        }
    }

    /** A runsc that is not gVisor says what a contained would that was taken over. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "exit 0",
                "printf '\\377'; cat",
                "printf '\\203\\0\\0\\0\\001x'; cat", // STDOUT
                "printf '\\201\\377\\377\\377\\377'; cat", // HELLO of 4 GiB
                "printf '\\201\\0\\0\\0\\004\\0\\003\\377\\377'; cat", // of 65,535 facts
                // "isolation" is ours to say
                "printf '\\201\\0\\0\\0\\022\\0\\003\\0\\001\\0\\011isolation\\0\\001x'; cat",
                "printf '\\201\\0\\0\\0\\004\\0\\003\\0\\0\\207\\0\\0\\0\\001x'; cat", // another PONG
                "printf '\\201\\0\\0\\0\\004\\0\\003\\0\\0\\207\\0\\0\\0\\0x'; cat", // more than PONG
                "head -c 100000 /dev/zero; cat"
            })
    void whatDoesNotGreetIsTriedThreeTimes(String script) throws IOException {
        try (Contained contained = Embedded.withRunsc(script)) {
            contained.send(new Frame.Ping(Bytes.EMPTY));

            assertThat(contained.read()).isNull();
            assertThat(contained.exitStatus()).isEqualTo(1);
            assertThat(contained.diagnostics()).contains("gives up after three");
        }
    }

    private static final String GREETING =
            "printf '\\201\\0\\0\\0\\004\\0\\003\\0\\0\\207\\0\\0\\0\\0'; head -c 6 >/dev/null";

    /** After a first byte that was sent to it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "printf '\\002'", // a frame down
                "printf '\\377'",
                "printf '\\203\\0\\001\\0\\001'", // STDOUT of 65,537 bytes
                "printf '\\203\\0\\0\\0\\005x'", // and no more
                "printf '\\201\\0\\0\\0\\004\\0\\003\\0\\0'; cat", // HELLO again
                "exit 0"
            })
    void whatAJoinedSandboxMayNotSendEndsEverything(String script) throws IOException {
        try (Contained contained = Embedded.withRunsc(GREETING, script)) {
            contained.send(new Frame.Ping(Bytes.EMPTY));
            assertThat(contained.read()).isInstanceOf(Hello.class);

            assertThat(contained.exitStatus()).isEqualTo(1);
            assertThat(contained.diagnostics()).contains("supervisor: its inner sandbox");
        }
    }

    @Test
    void whatASandboxSaysOnStandardErrorIsPassedOnUpToABound() throws IOException {
        try (Contained contained =
                Embedded.withRunsc("head -c 1000000 /dev/zero | tr '\\0' x >&2", GREETING, "cat >/dev/null")) {
            contained.send(new Frame.Ping(Bytes.EMPTY));
            assertThat(contained.read()).isInstanceOf(Hello.class);
            contained.endInput();

            assertThat(contained.exitStatus()).isZero();
            assertThat(contained.diagnostics()).hasSizeBetween(1000, 20_000);
        }
    }

    /** A sandbox that does not read, and one that writes without end to a runner that does not read. */
    @ParameterizedTest
    @ValueSource(strings = {"exec sleep 100", "while :; do printf '\\203\\0\\0\\0\\001x'; done"})
    void aStreamThatStandsStillEndsWithTheRunner(String script) throws IOException {
        try (Contained contained = Embedded.withRunsc(GREETING, script)) {
            contained.send(new Frame.Ping(Bytes.EMPTY));
            assertThat(contained.read()).isInstanceOf(Hello.class);
            List<ProcessHandle> processes = contained.descendants();
            contained.endInput();

            assertThat(contained.exitStatus()).isZero();
            Left.awaitNoneOf(processes);
        }
    }

    /** What a sandbox sends: STARTED, more output than a pipe takes, and EXIT. */
    private static byte[] moreThanAPipeTakes() throws IOException {
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
        FrameWriter writer = new FrameWriter(frames);
        Bytes output = Bytes.view(new byte[50_000]);
        writer.write(new Frame.Started());
        writer.write(new Frame.Stdout(output));
        writer.write(new Frame.Stdout(output));
        writer.write(EXIT);
        return frames.toByteArray();
    }

    private static final Exit EXIT =
            new Exit(ExitOutcome.EXITED, 3, 0, Exit.Usage.NONE, Exit.Tally.NONE, Exit.Tally.NONE, "");

    private static void awaitSaid(Contained contained, String what) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(contained.diagnostics()).contains(what));
    }

    /** While EXIT waits for a runner that reads late: the next sandbox starts, is joined, breaks the stream, or cannot be had. */
    @ParameterizedTest
    @ValueSource(strings = {"starts", "joined", "full", "broken", "none"})
    void whateverEndsItAnExitThatWaitsIsWritten(String next, @TempDir Path folder) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path frames = Files.write(folder.resolve("frames"), moreThanAPipeTakes());
        Path mode = Files.writeString(folder.resolve("mode"), "first");
        String[] lines = {
            "mode=$(cat " + mode + ")",
            "case $mode in starts) exec sleep 100;; none) exit 1;; esac",
            GREETING,
            "echo \"asked $mode.\" >&2",
            "case $mode in first) head -c 5 >/dev/null; cat " + frames
                    + ";; broken) printf '\\377';; full) exec sleep 100;; esac",
            "cat >/dev/null"
        };
        try (Contained contained = Embedded.withRunsc(lines)) {
            contained.send(new Frame.Ping(Bytes.EMPTY));
            assertThat(contained.read()).isInstanceOf(Hello.class);
            List<ProcessHandle> first = contained.descendants();
            Files.writeString(mode, next); // the next one starts after EXIT, as there was no START
            contained.send(new Frame.Ping(Bytes.EMPTY));
            Left.awaitNoneOf(first);
            switch (next) {
                case "starts" -> {}
                case "joined" -> {
                    contained.send(new Frame.Ping(Bytes.EMPTY));
                    awaitSaid(contained, "asked joined.");
                }
                case "full" -> { // the pipe to a sandbox that does not read, and the buffer before it
                    contained.send(new Frame.Ping(Bytes.EMPTY));
                    awaitSaid(contained, "asked full.");
                    Frame.Down[] pings = new Frame.Down[3300];
                    Arrays.fill(pings, new Frame.Ping(Bytes.view(new byte[64])));
                    contained.send(pings);
                }
                case "broken" -> {
                    contained.send(new Frame.Ping(Bytes.EMPTY));
                    awaitSaid(contained, "sends what is no frame");
                }
                default -> awaitSaid(contained, "gives up after three");
            }
            if (List.of("starts", "joined", "full").contains(next)) {
                contained.handle().destroy();
                awaitSaid(contained, "ended by signal 15");
            }

            assertThat(contained.readUntil(Exit.class)).isEqualTo(EXIT);
            for (Frame.Up frame = contained.read(); frame != null; frame = contained.read()) {
                assertThat(frame).isInstanceOf(Hello.class);
            }
            assertThat(contained.exitStatus()).isEqualTo(1);
        }
    }

    /** A sandbox that ends as it starts, while a run goes on. */
    @Test
    void aSandboxThatDoesNotStartIsTriedAgainAfterTheRun(@TempDir Path folder) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path broken = folder.resolve("broken");
        try (Contained contained = Embedded.withLinesBefore("[ ! -e " + broken + " ] || exit 1")) {
            contained.greet();
            Files.writeString(broken, "");
            startEndless(contained);
            awaitSaid(contained, "ended before it greeted");
            Files.delete(broken);

            assertTheRunGoesOnAndTheNextIsServed(contained);
            assertThat(contained.diagnostics()).containsOnlyOnce("ended before it greeted");
        }
    }

    /** One for which the supervisor lacks what the run needs too: here descriptors. */
    @Test
    void aSandboxThatCannotBeMadeIsTriedAgainAfterTheRun() throws IOException, InterruptedException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            limitDescriptors(contained, 8);
            startEndless(contained);
            awaitSaid(contained, "cannot make pipes");
            limitDescriptors(contained, 1024);

            assertTheRunGoesOnAndTheNextIsServed(contained);
            assertThat(contained.diagnostics()).containsOnlyOnce("cannot make pipes");
        }
    }

    private static void assertTheRunGoesOnAndTheNextIsServed(Contained contained) throws IOException {
        contained.send(new Frame.Ping(Bytes.utf8("still there")));
        assertThat(contained.readUntil(Frame.Pong.class)).isEqualTo(new Frame.Pong(Bytes.utf8("still there")));
        contained.send(new Frame.Signal(9));
        assertThat(contained.finishReusable().exit().outcome()).isEqualTo(ExitOutcome.SIGNALLED);
        contained.greetedAgain();
        assertServes(contained);
    }

    /** As its own user, who needs no privilege for that. */
    private static void limitDescriptors(Contained contained, int most) throws IOException, InterruptedException {
        Process prlimit = new ProcessBuilder(
                        "setpriv",
                        "--reuid=65532",
                        "--regid=65532",
                        "--clear-groups",
                        "prlimit",
                        "--pid=" + contained.handle().pid(),
                        "--nofile=" + most + ":")
                .inheritIO()
                .start();
        assertThat(prlimit.waitFor()).isZero();
    }
}
