package dev.sandpool.runner.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.FilePattern;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Omission;
import dev.sandpool.protocol.Protocol;
import dev.sandpool.protocol.Start;
import dev.sandpool.runner.sandbox.FileSink.OmittedFiles;
import dev.sandpool.runner.sandbox.OutputFiles;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The files of a run, from a contained that is honest and from those that are not. */
@Timeout(20)
class OutputFilesTest extends SessionFixture {
    private static final long MAX_FILES = 10;
    private static final SandboxLimits FILE_LIMITS =
            new SandboxLimits(MAX_BINARY, MAX_FILES, MAX_OUTPUT, 1 << 20, 64, Optional.empty(), Duration.ofSeconds(5));
    private static final OutputFiles WANTED = OutputFiles.of(List.of("a", "out/*"));

    private static void greet(FakeContained contained) throws IOException {
        Map<String, String> facts = new HashMap<>(FakeContained.ISOLATED);
        facts.put(Facts.OUTPUT_FILES, Facts.PATTERNS);
        contained.greet(facts);
    }

    private RunResult run(OutputFiles wanted, FakeContained.Script script) throws Exception {
        try (SandboxSession session = warm(FILE_LIMITS, script)) {
            return session.run(request(new ByteArrayInputStream(new byte[1])).with(wanted), output, () -> {});
        }
    }

    private RunResult runAsking(FakeContained.Script afterStart) throws Exception {
        return run(WANTED, c -> {
            greet(c);
            assertThat(c.next()).isInstanceOf(Start.class);
            assertThat(c.next()).isInstanceOf(Frame.Collect.class);
            receiveRest(c);
            c.started();
            afterStart.play(c);
        });
    }

    private static void receiveRest(FakeContained contained) throws IOException {
        while (!(contained.next() instanceof Frame.ProgramEnd)) {
            // The program is of no interest here.
        }
    }

    private static void exit(FakeContained contained) throws IOException {
        contained.exit(ExitOutcome.EXITED, 0, 0, "");
    }

    private static void begin(FakeContained contained, String path) throws IOException {
        contained.send(new Frame.OutputFile(path));
    }

    private static void add(FakeContained contained, String text) throws IOException {
        contained.send(new Frame.OutputFileData(Bytes.utf8(text)));
    }

    private static void end(FakeContained contained, String whole) throws IOException {
        CRC32 crc = new CRC32();
        Bytes.utf8(whole).update(crc);
        contained.send(
                new Frame.OutputFileEnd(false, new Exit.Tally(Bytes.utf8(whole).size(), crc.getValue())));
    }

    private static void file(FakeContained contained, String path, String text) throws IOException {
        begin(contained, path);
        if (!text.isEmpty()) {
            add(contained, text);
        }
        end(contained, text);
    }

    private static void omit(FakeContained contained, Omission omission, long count, String path) throws IOException {
        contained.send(new Frame.OutputFileOmitted(omission, count, path));
    }

    @Test
    void theyAreAskedForAndPassedOn() throws Exception {
        var asked = new AtomicReference<Frame.Down>();

        RunResult result = run(WANTED, c -> {
            greet(c);
            c.next();
            asked.set(c.next());
            receiveRest(c);
            c.started();
            c.stdout("printed");
            begin(c, "a");
            add(c, "12");
            add(c, "345");
            end(c, "12345");
            file(c, "out/b", "");
            omit(c, Omission.TOO_LARGE, 1, "out/c");
            omit(c, Omission.BAD_NAME, 3, "");
            exit(c);
        });

        assertThat(result).isInstanceOf(RunResult.Exited.class);
        assertThat(asked.get()).asInstanceOf(type(Frame.Collect.class)).satisfies(collect -> {
            assertThat(collect.mostBytes()).isEqualTo(MAX_FILES);
            assertThat(collect.patterns()).containsExactly(new FilePattern("a"), new FilePattern("out/*"));
            assertThat(collect.within()).isPositive().isLessThan(WANTED.time());
        });
        assertThat(output.files).isEqualTo(Map.of("a", "12345", "out/b", ""));
        assertThat(output.truncated).isEmpty();
        assertThat(output.omitted)
                .containsExactly(new OmittedFiles("too-large", 1, "out/c"), new OmittedFiles("bad-name", 3, ""));
        assertThat(output.stdout).hasToString("printed");
    }

    @Test
    void aProgramThatFillsItsTimeIsNotToldOfTheTimeForFiles() throws Exception {
        var start = new AtomicReference<Start>();
        run(WANTED, c -> {
            greet(c);
            start.set((Start) c.next());
            receiveRest(c);
            c.started();
            exit(c);
        });

        assertThat(start.get().limits().times().killAfter()).isLessThan(FILE_LIMITS.runTimeout());
    }

    @Test
    void aContainedThatCannotSendThemIsNotEvenStarted() throws Exception {
        RunResult result = run(WANTED, c -> {
            c.greet();
            c.next();
            throw new AssertionError("a frame");
        });

        assertThat(result).isEqualTo(new RunResult.OutputFilesUnsupported());
    }

    @Test
    void withoutAWishNothingIsAsked() throws Exception {
        RunResult result = run(OutputFiles.NONE, c -> {
            greet(c);
            c.receiveProgram(); // fails if COLLECT comes
            c.started();
            exit(c);
        });

        assertThat(result).isInstanceOf(RunResult.Exited.class);
        assertThat(output.omitted).isEmpty();
    }

    static Stream<Arguments> lies() {
        return Stream.of(
                lie("sends bytes of no file", c -> add(c, "x")),
                lie("ends no file", c -> end(c, "")),
                lie("begins a file inside another", c -> {
                    begin(c, "a");
                    begin(c, "out/b");
                }),
                lie("ends inside a file", c -> begin(c, "a")),
                lie("leaves out a file inside another", c -> {
                    begin(c, "a");
                    omit(c, Omission.MISSING, 1, "out/b");
                    end(c, "");
                }),
                lie("sends a file that nobody asked for", c -> file(c, "b", "")),
                lie("sends a file of a deeper folder", c -> file(c, "out/b/c", "")),
                lie("sends a file twice", c -> {
                    file(c, "a", "");
                    file(c, "a", "");
                }),
                lie("sends too many bytes in one file", c -> file(c, "a", "12345678901")),
                lie("sends too many bytes in two", c -> {
                    file(c, "a", "123456");
                    file(c, "out/b", "12345");
                }),
                lie("counts other bytes than it sent", c -> {
                    begin(c, "a");
                    add(c, "x");
                    end(c, "xx");
                }),
                lie("has another CRC", c -> {
                    begin(c, "a");
                    add(c, "x");
                    end(c, "y");
                }),
                lie("climbs out of the folder", c -> raw(c, "out/../../x")),
                lie("names an absolute path", c -> raw(c, "/etc/passwd")),
                lie("sends too many files", c -> {
                    for (int i = 0; i <= Protocol.MAX_FILES; i++) {
                        file(c, "out/" + i, "");
                    }
                }),
                lie("names too many omitted files", c -> {
                    for (int i = 0; i <= Protocol.MAX_OMITTED_NAMES; i++) {
                        omit(c, Omission.TOO_LARGE, 1, "out/" + i);
                    }
                }),
                lie("counts omitted files twice", c -> {
                    omit(c, Omission.BAD_NAME, 1, "");
                    omit(c, Omission.BAD_NAME, 1, "");
                }));
    }

    private static Arguments lie(String what, FakeContained.Script script) {
        return Arguments.of(what, script);
    }

    /** OUTPUT_FILE with a path that our own codec would not write. */
    private static void raw(FakeContained contained, String path) throws IOException {
        int length = path.length();
        contained.sendRaw((byte) 0x8a, (byte) 0, (byte) 0, (byte) 0, (byte) (2 + length), (byte) 0, (byte) length);
        contained.sendRaw(Bytes.utf8(path).toByteArray());
        end(contained, "");
    }

    @ParameterizedTest(name = "a sandbox that {0}")
    @MethodSource("lies")
    void isLost(String what, FakeContained.Script lie) throws Exception {
        RunResult result = runAsking(c -> {
            lie.play(c);
            exit(c);
        });

        assertThat(result).isInstanceOf(RunResult.SandboxLost.class);
        assertThat(host.takenBack).hasValue(1);
    }

    static Stream<Arguments> uncalledFor() {
        return Stream.of(
                lie("sends a file", c -> file(c, "a", "")),
                lie("leaves out a file", c -> omit(c, Omission.NO_TIME, 0, "")));
    }

    @ParameterizedTest(name = "a sandbox that {0}")
    @MethodSource("uncalledFor")
    void isLostBecauseNobodyAsked(String what, FakeContained.Script lie) throws Exception {
        RunResult result = run(OutputFiles.NONE, c -> {
            greet(c);
            c.receiveProgram();
            c.started();
            lie.play(c);
            exit(c);
        });

        assertThat(result).isInstanceOf(RunResult.SandboxLost.class);
    }

    @Test
    void isLostIfItSendsFilesBeforeTheProgramStarted() throws Exception {
        RunResult result = run(WANTED, c -> {
            greet(c);
            receiveRest(c);
            file(c, "a", "");
        });

        assertThat(result).isInstanceOf(RunResult.SandboxLost.class);
        assertThat(output.files).isEmpty();
    }

    @Test
    void whatDidNotComeIsSaid() throws Exception {
        RunResult result = runAsking(c -> {
            begin(c, "a");
            add(c, "half");
        });

        assertThat(result).isInstanceOf(RunResult.SandboxLost.class);
        assertThat(output.files).isEqualTo(Map.of("a", "half"));
        assertThat(output.truncated).containsExactly("a");
        assertThat(output.omitted).containsExactly(new OmittedFiles("no-time", 0, ""));
    }
}
