package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Protocol;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class FilesIT {
    private static final Frame.FileData BYTE = new Frame.FileData(Bytes.utf8("x"));

    /** Frames after START that are refused, and the word that tells which. */
    static List<WrongFrames> wrongs() {
        List<Frame.Down> tooMany = new ArrayList<>();
        for (int i = 0; i <= Protocol.MAX_FILES; i++) {
            tooMany.add(new Frame.File(false, "file" + i));
        }
        Frame.Program program = new Frame.Program(Bytes.utf8("#!/bin/sh\n"));
        return List.of(
                new WrongFrames("FILE_DATA before FILE", List.of(BYTE)),
                new WrongFrames("path is taken", List.of(new Frame.File(false, "a"), new Frame.File(true, "a"))),
                new WrongFrames("path is taken", List.of(new Frame.File(false, "a/b"), new Frame.File(false, "a"))),
                new WrongFrames("path is taken", List.of(new Frame.File(false, "a"), new Frame.File(false, "a/b"))),
                new WrongFrames("more than 1024 FILE", tooMany),
                new WrongFrames("than START allowed", List.of(new Frame.File(false, "a"), BYTE, BYTE, BYTE)),
                new WrongFrames("after PROGRAM", List.of(new Frame.File(false, "a"), program, BYTE)),
                new WrongFrames("after PROGRAM", List.of(program, new Frame.File(false, "a"))),
                new WrongFrames("after PROGRAM_END", List.of(new Frame.ProgramEnd(), new Frame.File(false, "a"))));
    }

    @ParameterizedTest
    @MethodSource("wrongs")
    void whatIsAgainstTheRulesIsRefused(WrongFrames wrong) throws IOException {
        wrong.assertRefused(RunOf.c("obey").fileBytes(2).start());
    }

    @ParameterizedTest
    @EnumSource
    void theyLieBesideTheProgram(Place place) throws IOException {
        RunOf run = RunOf.script(
                "cat a/b/c.txt", "./tool", "cat größe", "echo more >> a/b/c.txt", "cat a/b/c.txt", "ls a empty");
        try (Contained contained = place.isolated()) {
            contained.send(
                    run.start(),
                    new Frame.File(false, "a/b/c.txt"),
                    new Frame.FileData(Bytes.utf8("one ")),
                    new Frame.FileData(Bytes.utf8("two\n")),
                    new Frame.File(true, "tool"),
                    new Frame.FileData(Bytes.utf8("#!/bin/sh\necho tool\n")),
                    new Frame.File(false, "empty"),
                    new Frame.File(false, "größe"),
                    new Frame.FileData(Bytes.utf8("wide\n")),
                    new Frame.File(false, "a/d"),
                    new Frame.StdinEnd());
            contained.sendProgram(run.program());
            Contained.Ran ran = contained.finish();

            assertThat(ran.err()).isEmpty();
            assertThat(ran.out()).isEqualTo("one two\ntool\nwide\none two\nmore\nempty\n\na:\nb\nd\n");
        }
    }

    @ParameterizedTest
    @EnumSource
    void oneThatIsNotExecutableIsNotExecuted(Place place) throws IOException {
        RunOf run = RunOf.script("./tool || echo refused");
        try (Contained contained = place.isolated()) {
            contained.send(
                    run.start(),
                    new Frame.File(false, "tool"),
                    new Frame.FileData(Bytes.utf8("#!/bin/sh\necho tool\n")),
                    new Frame.StdinEnd());
            contained.sendProgram(run.program());

            assertThat(contained.finish().out()).isEqualTo("refused\n");
        }
    }

    @ParameterizedTest
    @EnumSource
    void asManyAsThereMayBe(Place place) throws IOException {
        RunOf run = RunOf.script("set -- d/*", "echo $#");
        try (Contained contained = place.isolated()) {
            contained.send(run.start(), new Frame.StdinEnd());
            for (int i = 0; i < Protocol.MAX_FILES; i++) {
                contained.send(new Frame.File(false, "d/" + i));
            }
            contained.sendProgram(run.program());

            assertThat(contained.finish().out()).isEqualTo(Protocol.MAX_FILES + "\n");
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatDoesNotFitFailsToStartAndIsNamed(Place place) throws IOException {
        RunOf run = RunOf.c("hello").programBytes(1).fileBytes(1L << 40).reuse();
        byte[] mib = new byte[1 << 20];
        try (Contained contained = place.isolated()) {
            contained.send(run.start(), new Frame.File(false, "a/large.bin"));
            for (int i = 0; i < 70; i++) {
                for (int at = 0; at < mib.length; at += Protocol.MAX_PAYLOAD_BYTES) {
                    contained.send(new Frame.FileData(Bytes.view(mib, at, Protocol.MAX_PAYLOAD_BYTES)));
                }
            }
            Contained.Ran ran = contained.finishReusable();

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.FAILED_TO_START);
            assertThat(ran.exit().message()).isEqualTo("cannot write a/large.bin: no space left on device");
            assertThat(contained.greetedAgain()).containsEntry(Facts.RUNS, "1"); // the rest of the file is dropped
        }
    }

    @Test
    void aHoldOnTheWindowOfStandardInputIsKept() throws IOException {
        RunOf run = RunOf.c("echo");
        try (Contained contained = Contained.warm()) {
            contained.send(
                    run.start(),
                    new Frame.Stdin(Bytes.utf8("before")),
                    new Frame.File(false, "a"),
                    new Frame.Stdin(Bytes.utf8(" and after")),
                    BYTE,
                    new Frame.StdinEnd());
            contained.sendProgram(run.program());

            assertThat(contained.finish().out()).isEqualTo("before and after");
        }
    }
}
