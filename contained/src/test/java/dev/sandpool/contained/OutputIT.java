package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Frame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How what a program writes becomes frames. */
class OutputIT {
    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz";
    private static final int MIB = 1 << 20;

    private static List<Frame.Up> outputOf(Contained contained, RunOf run) throws IOException {
        contained.send(run.start(), new Frame.StdinEnd());
        contained.sendProgram(run.program());
        List<Frame.Up> frames = new ArrayList<>();
        Frame.Up frame;
        do {
            frame = contained.read();
            frames.add(frame);
        } while (!(frame instanceof Exit));
        frames.removeIf(other -> !(Contained.isOutput(other) || other instanceof Exit));
        return frames;
    }

    private static String text(List<Frame.Up> frames, Class<? extends Frame.Up> kind) {
        return frames.stream().filter(kind::isInstance).map(OutputIT::content).collect(joining());
    }

    /** In so many frames at most: a burst, and then one of each stream every two milliseconds. */
    private static long framesOf(Exit exit) {
        return 2 * (64 + exit.usage().wall().toMillis() / 2 + 10);
    }

    @ParameterizedTest
    @EnumSource(Place.class)
    void manySmallWritesAreGatheredAndEachStreamStaysInOrder(Place place) throws IOException {
        try (Contained contained = place.isolated()) {
            List<Frame.Up> frames = outputOf(contained, RunOf.c("alternate").arguments("20800"));

            Exit exit = (Exit) frames.getLast();
            assertThat(exit.outcome()).isEqualTo(ExitOutcome.EXITED);
            assertThat((long) frames.size()).isLessThan(framesOf(exit));
            assertThat(text(frames, Frame.Stdout.class)).isEqualTo(ALPHABET.repeat(400));
            assertThat(text(frames, Frame.Stderr.class)).isEqualTo(ALPHABET.repeat(400));
        }
    }

    /** That is all that is promised: two pipes do not tell which was written to first. */
    @ParameterizedTest
    @EnumSource(Place.class)
    void acrossStreamsTheOrderIsRightWhereOneWasReadBeforeTheOtherWasWritten(Place place) throws IOException {
        try (Contained contained = place.isolated()) {
            List<Frame.Up> frames = outputOf(contained, RunOf.c("alternate").arguments("200", "and wait"));

            assertThat(frames).hasSize(201);
            for (int i = 0; i < 200; i++) {
                assertThat(frames.get(i)).isInstanceOf(i % 2 == 0 ? Frame.Stdout.class : Frame.Stderr.class);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Place.class)
    void outputThatBecomesSmallerIsCompressedForWhoAsksForIt(Place place) throws IOException {
        for (String stream : List.of("1", "2")) {
            try (Contained contained = place.isolated()) {
                RunOf flood = RunOf.c("flood").arguments(stream, "3000000").zstd();
                List<Frame.Up> frames = outputOf(contained, flood);

                Exit exit = (Exit) frames.removeLast();
                assertThat(frames)
                        .hasAtLeastOneElementOfType(
                                stream.equals("1") ? Frame.StdoutZstd.class : Frame.StderrZstd.class);
                assertThat(payloadBytes(frames)).isLessThan(300_000);
                assertThat(text(frames, Frame.Up.class)).isEqualTo("x".repeat(3_000_000));
                assertThat(exit.stdout().bytes() + exit.stderr().bytes()).isEqualTo(3_000_000);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Place.class)
    void whatCompressionIsOfNoUseForComesAsItIs(Place place) throws IOException {
        try (Contained contained = place.isolated()) {
            RunOf flood = RunOf.c("flood").arguments("1", "3000000", "noise").zstd();
            List<Frame.Up> frames = outputOf(contained, flood);

            frames.removeLast();
            assertThat(frames).hasOnlyElementsOfType(Frame.Stdout.class);
            assertThat(payloadBytes(frames)).isEqualTo(3_000_000);
        }
    }

    @Test
    void nothingIsCompressedForWhoDoesNotAsk() throws IOException {
        try (Contained contained = Contained.warm()) {
            List<Frame.Up> frames = outputOf(contained, RunOf.c("flood").arguments("1", "3000000"));

            frames.removeLast();
            assertThat(frames).hasOnlyElementsOfType(Frame.Stdout.class);
        }
    }

    private static long payloadBytes(List<Frame.Up> output) {
        return output.stream().mapToLong(frame -> payload(frame).size()).sum();
    }

    private static Bytes payload(Frame.Up frame) {
        return switch (frame) {
            case Frame.Stdout out -> out.bytes();
            case Frame.Stderr err -> err.bytes();
            case Frame.StdoutZstd out -> out.bytes();
            case Frame.StderrZstd err -> err.bytes();
            default -> throw new AssertionError("no output: " + frame);
        };
    }

    private static String content(Frame.Up frame) {
        Bytes payload = payload(frame);
        boolean isCompressed = frame instanceof Frame.StdoutZstd || frame instanceof Frame.StderrZstd;
        return isCompressed ? new String(Contained.expanded(payload), UTF_8) : payload.utf8();
    }

    /** Nobody reads what comes up, and so contained cannot read what the program writes: EXIT comes all the same, and soon. */
    @ParameterizedTest
    @ValueSource(strings = {"-1", "1000000"})
    void exitDoesNotWaitForMegabytesWhenTheTimeIsUp(String written) throws IOException {
        RunOf run =
                RunOf.c("flood").arguments("1", written).deadlines(Duration.ofMillis(2000), Duration.ofMillis(2100));
        try (Contained contained = Contained.warm()) {
            long before = pipes(contained);
            contained.send(run.start(), new Frame.StdinEnd());
            contained.sendProgram(run.program());
            await().atMost(Duration.ofSeconds(20)).until(() -> pipes(contained) == before - 3);

            Contained.Ran ran = contained.finish();

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.TIMED_OUT);
            assertThat(ran.stdout().size()).isBetween(1, MIB / 2);
        }
    }

    private static long pipes(Contained contained) throws IOException {
        try (Stream<Path> open =
                Files.list(Path.of("/proc/" + contained.handle().pid() + "/fd"))) {
            return open.filter(descriptor -> target(descriptor).startsWith("pipe:"))
                    .count();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
