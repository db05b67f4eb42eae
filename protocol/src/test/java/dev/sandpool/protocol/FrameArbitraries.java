package dev.sandpool.protocol;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.arbitraries.LongArbitrary;

/** Frames of every kind, and bytes that come close to being frames. */
final class FrameArbitraries {
    private FrameArbitraries() {}

    static Arbitrary<Frame.Down> down() {
        return Arbitraries.oneOf(List.of(
                start(),
                bytes(1, Protocol.MAX_PAYLOAD_BYTES).map(Frame.Program::new),
                bytes(1, Protocol.MAX_PAYLOAD_BYTES).map(Frame.ProgramZstd::new),
                Arbitraries.longs().between(1, 0xffff_ffffL).map(Frame.ProgramKept::new),
                launchers().map(Frame.ProgramEnd::new),
                Arbitraries.of(new Frame.StdinEnd(), new Frame.Kill()),
                Combinators.combine(Arbitraries.of(true, false), paths()).as(Frame.File::new),
                bytes(1, 300).map(Frame.FileData::new),
                collects(),
                Arbitraries.integers().between(1, Frame.Signal.MAX_NUMBER).map(Frame.Signal::new),
                bytes(1, 300).map(Frame.Stdin::new),
                bytes(0, Protocol.MAX_PING_BYTES).map(Frame.Ping::new)));
    }

    static Arbitrary<Frame.Up> up() {
        return Arbitraries.oneOf(List.of(
                hello(),
                Arbitraries.just(new Frame.Started()),
                bytes(1, Protocol.MAX_PAYLOAD_BYTES).map(Frame.Stdout::new),
                bytes(1, 300).map(Frame.Stderr::new),
                bytes(1, Protocol.MAX_PAYLOAD_BYTES).map(Frame.StdoutZstd::new),
                bytes(1, 300).map(Frame.StderrZstd::new),
                exit(),
                paths().map(Frame.OutputFile::new),
                bytes(1, Protocol.MAX_PAYLOAD_BYTES).map(Frame.OutputFileData::new),
                Combinators.combine(Arbitraries.of(true, false), tallies()).as(Frame.OutputFileEnd::new),
                omitted(),
                u32().map(Frame.StdinRead::new),
                bytes(0, Protocol.MAX_PING_BYTES).map(Frame.Pong::new)));
    }

    /** Noise, and noise behind a plausible header: pure noise hardly ever gets past the type. */
    static Arbitrary<byte[]> hostileStreams() {
        Arbitrary<byte[]> noise = Arbitraries.bytes().array(byte[].class).ofMaxSize(500);
        Arbitrary<byte[]> nearFrame = Combinators.combine(
                        Arbitraries.of(FrameType.values()),
                        Arbitraries.integers().between(-2, 2),
                        noise)
                .as((type, lie, payload) -> ByteBuffer.allocate(Protocol.HEADER_BYTES + payload.length)
                        .put((byte) type.code())
                        .putInt(payload.length + lie)
                        .put(payload)
                        .array());
        return Arbitraries.oneOf(List.of(noise, nearFrame, damagedGoldenFrames()));
    }

    /** Golden frames with a byte changed: these get the farthest. */
    private static Arbitrary<byte[]> damagedGoldenFrames() {
        return Combinators.combine(
                        Arbitraries.of(GoldenFrame.all()),
                        Arbitraries.integers().greaterOrEqual(0),
                        Arbitraries.bytes())
                .as((golden, at, value) -> {
                    byte[] bytes = golden.bytes().toByteArray();
                    bytes[at % bytes.length] = value;
                    return bytes;
                });
    }

    private static Arbitrary<Start> start() {
        Arbitrary<Start.ResourceLimits> resources =
                Combinators.combine(u32(), u32(), u64()).as(Start.ResourceLimits::new);
        Arbitrary<Start.Times> times = Combinators.combine(u32(), u32(), u32())
                .as((one, other, cpu) -> new Start.Times(
                        Duration.ofMillis(Math.min(one, other)),
                        Duration.ofMillis(Math.max(one, other)),
                        Duration.ofMillis(cpu)));
        Arbitrary<Start.Sizes> sizes =
                Combinators.combine(u64(), u64(), u64(), u64(), u64()).as(Start.Sizes::new);
        Arbitrary<Start.Limits> limits =
                Combinators.combine(times, sizes, resources).as(Start.Limits::new);
        Arbitrary<Start.Flags> flags = Combinators.combine(Arbitraries.of(true, false), Arbitraries.of(true, false))
                .as(Start.Flags::new);
        return Combinators.combine(flags, limits, strings(), strings()).as(Start::new);
    }

    private static Arbitrary<List<Bytes>> strings() {
        return withoutNul().map(Bytes::view).list().ofMaxSize(20);
    }

    private static Arbitrary<byte[]> withoutNul() {
        return Arbitraries.bytes().filter(b -> b != 0).array(byte[].class).ofMaxSize(40);
    }

    private static Arbitrary<List<Bytes>> launchers() {
        return Combinators.combine(withoutNul(), strings()).as((path, arguments) -> {
            List<Bytes> launcher = new ArrayList<>();
            if (path.length > 0) {
                path[0] = '/';
                launcher.add(Bytes.view(path));
                launcher.addAll(arguments);
            }
            return launcher;
        });
    }

    private static Arbitrary<String> paths() {
        Arbitrary<String> names = Arbitraries.strings()
                .withChars("abc.-_ \"\\grüße世界")
                .ofMinLength(1)
                .ofMaxLength(5)
                .filter(name -> !name.equals(".") && !name.equals(".."));
        return names.list()
                .ofMinSize(1)
                .ofMaxSize(Protocol.MAX_PATH_COMPONENTS)
                .map(components -> String.join("/", components));
    }

    private static Arbitrary<Hello> hello() {
        return Arbitraries.maps(text(20), text(50))
                .ofMaxSize(Protocol.MAX_FACTS)
                .map(facts -> new Hello(new Facts(facts)));
    }

    private static Arbitrary<Exit> exit() {
        Arbitrary<Duration> time = u64().map(micros -> Duration.of(micros, ChronoUnit.MICROS));
        Arbitrary<Exit.Usage> usage =
                Combinators.combine(time, time, time, u64()).as(Exit.Usage::new);
        Arbitrary<Exit.Tally> tally = tallies();
        Arbitrary<Integer> u8 = Arbitraries.integers().between(0, 255);
        return Combinators.combine(Arbitraries.of(ExitOutcome.class), u8, usage, tally, tally, text(200))
                .as((outcome, number, used, stdout, stderr, message) -> new Exit(
                        outcome,
                        outcome == ExitOutcome.EXITED ? number : 0,
                        outcome == ExitOutcome.SIGNALLED ? number : 0,
                        used,
                        stdout,
                        stderr,
                        outcome.hasMessage() ? message : ""));
    }

    /** Any text that has a UTF-8 form. */
    private static Arbitrary<String> text(int maxLength) {
        return Arbitraries.strings()
                .ofMaxLength(maxLength)
                .filter(text -> text.codePoints().noneMatch(c -> c >= 0xd800 && c <= 0xdfff));
    }

    /** Long ones are a pattern, since jqwik draws each byte of an array by itself. */
    private static Arbitrary<Bytes> bytes(int minSize, int maxSize) {
        return Combinators.combine(Arbitraries.integers().between(minSize, maxSize), Arbitraries.bytes())
                .as((size, seed) -> {
                    byte[] bytes = new byte[size];
                    for (int i = 0; i < size; i++) {
                        bytes[i] = (byte) (seed + i * 31);
                    }
                    return Bytes.view(bytes);
                });
    }

    private static Arbitrary<Frame.Collect> collects() {
        Arbitrary<FilePattern> patterns = Combinators.combine(
                        Arbitraries.of("", "**/", "a*/", "?/"), Arbitraries.of("x", "*", "größe?.*", "b"))
                .as((folder, name) -> new FilePattern(folder + name));
        return Combinators.combine(
                        u32().map(Duration::ofMillis),
                        u64(),
                        patterns.list().ofMinSize(1).ofMaxSize(Protocol.MAX_PATTERNS))
                .as(Frame.Collect::new);
    }

    private static Arbitrary<Frame.OutputFileOmitted> omitted() {
        return Arbitraries.oneOf(List.of(
                Combinators.combine(Arbitraries.of(Omission.MISSING, Omission.TOO_LARGE), paths())
                        .as((omission, path) -> new Frame.OutputFileOmitted(omission, 1, path)),
                Combinators.combine(
                                Arbitraries.of(Omission.BAD_NAME, Omission.NOT_A_FILE),
                                Arbitraries.longs().between(1, Unsigned.MAX_U32))
                        .as((omission, count) -> new Frame.OutputFileOmitted(omission, count, "")),
                Arbitraries.of(Omission.NO_TIME, Omission.TOO_MANY_ENTRIES)
                        .map(omission -> new Frame.OutputFileOmitted(omission, 0, ""))));
    }

    private static Arbitrary<Exit.Tally> tallies() {
        return Combinators.combine(u64(), u32()).as(Exit.Tally::new);
    }

    private static LongArbitrary u32() {
        return Arbitraries.longs().between(0, Unsigned.MAX_U32);
    }

    private static LongArbitrary u64() {
        return Arbitraries.longs().between(0, Long.MAX_VALUE);
    }
}
