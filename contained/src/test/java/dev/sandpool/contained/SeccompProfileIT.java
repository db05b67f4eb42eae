package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Frame;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The seccomp profile for pods with embedded gVisor lets through what is needed, and nothing beside RuntimeDefault that is not. */
class SeccompProfileIT {
    // RuntimeDefault lets a clone through that has none of these flags.
    private static final int ALL_NAMESPACES = 0x7e020000;

    @TempDir
    private Path folder;

    @BeforeEach
    void isPossibleHere() throws IOException {
        assumeTrue(Embedded.whyNot().isEmpty(), Embedded.whyNot());
        assumeTrue(Embedded.isStatic(), "the sanitized supervisor is no static program");
        String why = pod(Files.readString(PodRuntime.PROFILE)).whyNot();
        assumeTrue(why.isEmpty(), why);
    }

    private PodRuntime pod(String profile) throws IOException {
        return PodRuntime.of(folder, Embedded.image(), profile);
    }

    @Test
    void runsAreServedUnderIt() throws IOException {
        PodRuntime pod = pod(Files.readString(PodRuntime.PROFILE));
        try (Contained contained = pod.start()) {
            assertThat(contained.greet().facts().values())
                    .containsEntry(Facts.KERNEL, "gvisor")
                    .containsEntry("isolation", "embedded");
            for (int i = 1; i <= 2; i++) {
                RunOf run = RunOf.c("hello");
                contained.send(run.start(), new Frame.StdinEnd());
                contained.sendProgram(run.program());

                assertThat(contained.finishReusable().out()).isEqualTo("Hello, sandbox\n");
                assertThat(contained.greetedAgain()).containsEntry("served", String.valueOf(i));
            }
            contained.endInput();
            assertThat(contained.exitStatus()).isZero();
            assertThat(pod.terminationMessage()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"clone", "mount", "pivot_root", "umount2", "chroot"})
    void eachCallIsNeeded(String call) throws IOException {
        String profile = Files.readString(PodRuntime.PROFILE);
        String without = call.equals("clone")
                ? profile.replace("\"value\": 33554432", "\"value\": " + ALL_NAMESPACES)
                : profile.replace("\"names\": [\"" + call + "\"]", "\"names\": [\"vhangup\"]");
        assertThat(without).isNotEqualTo(profile);
        PodRuntime pod = pod(without);
        try (Contained contained = pod.start()) {
            contained.send(new Frame.Ping(Bytes.EMPTY));

            assertThat(contained.read()).isNull();
            assertThat(contained.exitStatus()).isEqualTo(1);
            assertThat(contained.diagnostics()).contains(pod.terminationMessage());
            assertThat(pod.terminationMessage())
                    .matches("supervisor: (gives up after three|cannot make namespaces).*\n");
        }
    }

    /** The lower half of the argument is the family, and 32-bit calls have numbers and arguments of their own. */
    @Test
    void noWayLeadsToAnotherSocket() throws IOException {
        Path root = Files.createDirectories(folder.resolve("root"));
        Path program = root.resolve("sockets");
        Files.write(program, CPrograms.compiled("sockets"));
        assertThat(program.toFile().setExecutable(true, false)).isTrue();

        var ended = PodRuntime.of(folder, root, Files.readString(PodRuntime.PROFILE))
                .run("/sockets");

        assertThat(ended.output()).isEqualTo("""
                native 1
                upper-half 1
                x32 killed by 31
                direct-32 killed by 31
                socketcall killed by 31
                """);
    }

    /** The filter of the pod is asked before gVisor's: it ends the program, and not more than that. */
    @Test
    void aProgramThatMakesA32BitCallEndsAlone() throws IOException {
        try (Contained contained = pod(Files.readString(PodRuntime.PROFILE)).start()) {
            contained.greet();
            RunOf run = RunOf.c("sockets");
            contained.send(run.start(), new Frame.StdinEnd());
            contained.sendProgram(run.program());
            assertThat(contained.finishReusable().out()).contains("native").contains("socketcall");

            contained.greetedAgain();
            RunOf next = RunOf.c("hello");
            contained.send(next.start(), new Frame.StdinEnd());
            contained.sendProgram(next.program());
            assertThat(contained.finishReusable().out()).isEqualTo("Hello, sandbox\n");
        }
    }
}
