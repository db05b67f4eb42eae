package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Protocol;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A program that is kept in a sandbox for the next run, of which only what is new is sent. */
class ProgramCacheIT {
    private static final long MIB = 1 << 20;

    /** A run that sends all of its program, which is then kept. */
    private static String keep(Contained contained, RunOf run) throws IOException {
        String out = contained.runReusable(run.keepBytes(MIB)).out();
        assertThat(contained.greetedAgain())
                .containsEntry(Facts.KEPT, String.valueOf(run.program().size()));
        return out;
    }

    private static void send(Contained contained, RunOf run, Frame.Down... program) throws IOException {
        contained.send(run.keepBytes(MIB).reuse().start(), new Frame.StdinEnd());
        contained.send(program);
    }

    private static Frame.ProgramKept all(RunOf run) {
        return new Frame.ProgramKept(run.program().size());
    }

    @ParameterizedTest
    @EnumSource
    void theSameProgramIsNotSentAgain(Place place) throws IOException {
        try (Contained contained = place.isolated()) {
            RunOf run = RunOf.c("surroundings").arguments("arguments");
            String first = keep(contained, run);
            for (int i = 0; i < 3; i++) {
                send(contained, run, all(run), new Frame.ProgramEnd());

                assertThat(contained.finishReusable().out()).isEqualTo(first).isNotEmpty();
                contained.greetedAgain();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aProgramMayComeCompressedAndIsKeptAsItIs(Place place) throws IOException {
        try (Contained contained = place.isolated()) {
            RunOf run = RunOf.c("surroundings").arguments("arguments");
            List<Frame.Down> frames = new ArrayList<>(compressed(run.program().toByteArray()));
            frames.add(new Frame.ProgramEnd());
            send(contained, run, frames.toArray(Frame.Down[]::new));

            String first = contained.finishReusable().out();

            assertThat(first).isNotEmpty();
            assertThat(contained.greetedAgain())
                    .containsEntry(Facts.KEPT, String.valueOf(run.program().size()));
            send(contained, run, all(run), new Frame.ProgramEnd());
            assertThat(contained.finishReusable().out()).isEqualTo(first);
        }
    }

    private static List<Frame.Down> compressed(byte[] program) {
        List<Frame.Down> frames = new ArrayList<>();
        for (int at = 0; at < program.length; at += Protocol.MAX_PAYLOAD_BYTES) {
            byte[] piece = Arrays.copyOfRange(program, at, Math.min(at + Protocol.MAX_PAYLOAD_BYTES, program.length));
            frames.add(new Frame.ProgramZstd(Bytes.view(Zstd.compress(piece))));
        }
        return frames;
    }

    @ParameterizedTest
    @EnumSource
    void aProgramThatChangesItsFileChangesNothingOfWhatIsKept(Place place) throws IOException {
        RunOf run = RunOf.script("cat \"$0\"", "printf '#!/bin/sh\\necho changed\\n' > /tmpfs/play; rm -f /tmpfs/play");
        try (Contained contained = place.isolated()) {
            keep(contained, run);
            send(contained, run, all(run), new Frame.ProgramEnd());

            assertThat(contained.finishReusable().out()).isEqualTo(run.program().utf8());
        }
    }

    @ParameterizedTest
    @EnumSource
    void onlyWhatIsNewIsSent(Place place) throws IOException {
        RunOf first = RunOf.script("cat $0 # one and the same");
        try (Contained contained = place.isolated()) {
            keep(contained, first);
            send(
                    contained,
                    first,
                    new Frame.ProgramKept(14),
                    new Frame.Program(Bytes.utf8("$0 # two")),
                    new Frame.ProgramKept(14),
                    new Frame.Program(Bytes.utf8("...\n")),
                    new Frame.ProgramEnd());
            String second = "#!/bin/sh\ncat $0 # two and the same\n...\n";
            assertThat(contained.finishReusable().out()).isEqualTo(second);
            assertThat(contained.greetedAgain()).containsEntry(Facts.KEPT, String.valueOf(second.length()));

            // And of that one nothing but the end.
            send(contained, first, new Frame.ProgramKept(second.length()), new Frame.ProgramEnd());
            assertThat(contained.finishReusable().out()).isEqualTo(second);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLargeOneIsKeptInMemoryThatIsClean(Place place) throws IOException {
        byte[] large = Arrays.copyOf("#!/bin/sh\necho large; exit\n".getBytes(UTF_8), 16 << 20);
        RunOf run = RunOf.program(large).keepBytes(large.length);
        try (Contained contained = place.isolated()) {
            assertThat(contained.runReusable(run).out()).isEqualTo("large\n");
            assertThat(contained.greetedAgain()).containsEntry(Facts.KEPT, String.valueOf(large.length));
            // Of a limit that is smaller than the one before.
            assertThat(keep(contained, RunOf.c("hello"))).isEqualTo("Hello, sandbox\n");
            assertThat(contained.runReusable(run).out()).isEqualTo("large\n");
            assertThat(contained.greetedAgain()).containsEntry(Facts.KEPT, String.valueOf(large.length));
        }
    }

    @Test
    void whatIsLargerThanItMayBeIsNotKept() throws IOException {
        RunOf run = RunOf.c("hello");
        try (Contained contained = Place.LINUX.isolated()) {
            keep(contained, run);
            contained.runReusable(run.keepBytes(run.program().size() - 1));

            assertThat(contained.greetedAgain()).containsEntry(Facts.KEPT, "0");
        }
    }

    @Test
    void whatWasKeptServesARunThatKeepsNothing() throws IOException {
        RunOf run = RunOf.c("hello");
        try (Contained contained = Place.LINUX.isolated()) {
            keep(contained, run);
            contained.send(
                    run.start(),
                    new Frame.StdinEnd(),
                    new Frame.Program(Bytes.view(run.program().toByteArray(), 0, 1)),
                    new Frame.ProgramKept(run.program().size() - 1L),
                    new Frame.ProgramEnd());

            assertThat(contained.finish().out()).isEqualTo("Hello, sandbox\n");
        }
    }

    @Test
    void aProgramThatNeverBecameWholeIsNotKept() throws IOException {
        RunOf run = RunOf.c("hello");
        try (Contained contained = Place.LINUX.isolated()) {
            keep(contained, run);
            send(contained, run, new Frame.Program(Bytes.utf8("#!/b")), new Frame.Kill());

            assertThat(contained.finishReusable().exit().outcome()).isEqualTo(ExitOutcome.KILLED);
            assertThat(contained.greetedAgain()).containsEntry(Facts.KEPT, "0");
        }
    }

    /** Frames after a script of eleven bytes was kept, and what is said of them. */
    record Wrong(List<Frame.Down> frames, String message) {}

    private static List<Wrong> wrong() {
        return List.of(
                new Wrong(List.of(new Frame.ProgramKept(12)), "PROGRAM_KEPT of bytes that were not kept"),
                new Wrong(
                        List.of(new Frame.Program(Bytes.utf8("1")), new Frame.ProgramKept(11)),
                        "PROGRAM_KEPT of bytes that were not kept"),
                new Wrong(
                        List.of(new Frame.ProgramKept(10), new Frame.ProgramKept(0xffff_ffffL)),
                        "more bytes of the program than START allowed"),
                new Wrong(
                        List.of(new Frame.ProgramZstd(Bytes.view(Zstd.compress(new byte[21])))),
                        "more bytes of the program than START allowed"),
                new Wrong(
                        List.of(new Frame.ProgramZstd(Bytes.utf8("nonsense"))),
                        "PROGRAM_ZSTD that is no zstd frame of one segment"),
                new Wrong(
                        List.of(new Frame.ProgramZstd(Bytes.view(Zstd.compress(new byte[100_000])))),
                        "PROGRAM_ZSTD that does not say that it is of 1 to 65536 bytes"),
                new Wrong(
                        List.of(new Frame.ProgramKept(10), new Frame.File(false, "late")),
                        "FILE or FILE_DATA after PROGRAM"));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void whatIsWrongIsAProtocolError(Wrong wrong) throws IOException {
        RunOf run = RunOf.script().programBytes(20);
        try (Contained contained = Place.LINUX.isolated()) {
            keep(contained, run);
            send(contained, run, wrong.frames().toArray(Frame.Down[]::new));

            Contained.Ran ran = contained.finish();
            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.PROTOCOL_ERROR);
            assertThat(ran.exit().message()).isEqualTo(wrong.message());
        }
    }

    @Test
    void nothingIsKeptBeforeTheFirstRun() throws IOException {
        try (Contained contained = Place.LINUX.isolated()) {
            send(contained, RunOf.c("hello"), new Frame.ProgramKept(1));

            assertThat(contained.finish().exit().message()).isEqualTo("PROGRAM_KEPT of bytes that were not kept");
        }
    }
}
