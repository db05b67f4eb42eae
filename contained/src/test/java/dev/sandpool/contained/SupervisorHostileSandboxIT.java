package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.FrameWriter;
import dev.sandpool.protocol.Hello;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sandbox that breaks the protocol, as if it was taken over. A script takes the place of runsc. */
class SupervisorHostileSandboxIT extends SupervisorFixture {
    private static final String GREETING =
            "printf '\\201\\0\\0\\0\\004\\0\\003\\0\\0\\207\\0\\0\\0\\0'; head -c 6 >/dev/null";
    private static final Exit EXIT =
            new Exit(ExitOutcome.EXITED, 3, 0, Exit.Usage.NONE, Exit.Tally.NONE, Exit.Tally.NONE, "");

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
            boolean isDeleted = List.of("starts", "joined", "full").contains(next);
            if (isDeleted) {
                contained.handle().destroy();
            }

            assertThat(contained.readUntil(Exit.class)).isEqualTo(EXIT);
            if (isDeleted) {
                contained.endInput();
            }
            for (Frame.Up frame = contained.read(); frame != null; frame = contained.read()) {
                assertThat(frame).isInstanceOf(Hello.class);
            }
            assertThat(contained.exitStatus()).isEqualTo(isDeleted ? 0 : 1);
        }
    }
}
