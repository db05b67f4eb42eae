package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sandpool.protocol.Frame;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;

/** The supervisor with gVisor, as an ordinary user in what a restricted pod has. */
class SupervisorFixture {
    @BeforeEach
    void isPossibleHere() {
        assumeTrue(Embedded.whyNot().isEmpty(), Embedded.whyNot());
    }

    /** A run that goes on until it is ended. */
    static void startEndless(Contained contained) throws IOException {
        RunOf run = RunOf.c("obey").arguments("not");
        contained.send(run.start());
        contained.sendProgram(run.program());
        contained.readUntil(Frame.Stdout.class);
    }

    /** The same, and waits for the next sandbox, which the supervisor starts meanwhile. */
    static void startEndlessBesideAReadyOne(Contained contained) throws IOException {
        startEndless(contained);
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> sentries(contained).size() == 2);
    }

    /** gVisor's kernels that run, the oldest first. */
    static List<ProcessHandle> sentries(Contained contained) {
        return contained.descendants().stream()
                .filter(process -> commandLine(process).contains("\0boot\0"))
                .sorted(Comparator.comparing(SupervisorFixture::started))
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

    static Contained.Ran run(Contained contained, RunOf run) throws IOException {
        contained.send(run.start(), new Frame.StdinEnd());
        contained.sendProgram(run.program());
        return contained.finishReusable();
    }

    static void assertServes(Contained contained) throws IOException {
        assertThat(run(contained, RunOf.c("hello")).out()).isEqualTo("Hello, sandbox\n");
    }

    static void awaitSaid(Contained contained, String what) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(contained.diagnostics()).contains(what));
    }
}
