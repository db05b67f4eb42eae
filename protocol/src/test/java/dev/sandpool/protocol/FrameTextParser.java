package dev.sandpool.protocol;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads what {@link FrameText} writes. */
final class FrameTextParser {
    private final String text;
    private int at;

    private FrameTextParser(String text) {
        this.text = text;
    }

    static Frame parse(String text) {
        FrameTextParser parser = new FrameTextParser(text);
        Frame frame = parser.frame();
        if (parser.at != text.length()) {
            throw parser.unexpected("the end");
        }
        return frame;
    }

    private Frame frame() {
        String name = word();
        return switch (name) {
            case "START" -> start();
            case "PROGRAM_KEPT" -> new Frame.ProgramKept(number("bytes"));
            case "PROGRAM_ZSTD" -> new Frame.ProgramZstd(hex());
            case "PROGRAM" -> new Frame.Program(hex());
            case "PROGRAM_END" -> new Frame.ProgramEnd(strings("launcher"));
            case "STDIN" -> new Frame.Stdin(hex());
            case "STDIN_END" -> new Frame.StdinEnd();
            case "KILL" -> new Frame.Kill();
            case "PING" -> new Frame.Ping(hex());
            case "FILE" -> file();
            case "FILE_DATA" -> new Frame.FileData(hex());
            case "SIGNAL" -> {
                expect(" ");
                yield new Frame.Signal(Integer.parseInt(word()));
            }
            case "COLLECT" ->
                new Frame.Collect(
                        millis("within"),
                        number("bytes"),
                        strings("patterns").stream()
                                .map(pattern -> new FilePattern(pattern.utf8()))
                                .toList());
            case "HELLO" -> hello();
            case "STARTED" -> new Frame.Started();
            case "STDOUT" -> new Frame.Stdout(hex());
            case "STDERR" -> new Frame.Stderr(hex());
            case "EXIT" -> exit();
            case "STDIN_READ" -> new Frame.StdinRead(number("bytes"));
            case "PONG" -> new Frame.Pong(hex());
            case "STDOUT_ZSTD" -> new Frame.StdoutZstd(hex());
            case "STDERR_ZSTD" -> new Frame.StderrZstd(hex());
            case "OUTPUT_FILE" -> {
                expect(" path=");
                yield new Frame.OutputFile(quoted().utf8());
            }
            case "OUTPUT_FILE_DATA" -> new Frame.OutputFileData(hex());
            case "OUTPUT_FILE_END" ->
                new Frame.OutputFileEnd(
                        number("truncated") == 1, new Exit.Tally(number("bytes"), Long.parseLong(field("crc"), 16)));
            case "OUTPUT_FILE_OMITTED" -> omitted();
            default -> throw unexpected("a frame's name");
        };
    }

    private Start start() {
        long flags = number("flags");
        Start.Times times = new Start.Times(millis("interrupt"), millis("kill"), millis("cpu"));
        long program = number("program");
        long keep = number("keep");
        long working = number("working");
        Start.Limits limits = new Start.Limits(
                times,
                new Start.Sizes(program, keep, working, number("output"), number("memory")),
                new Start.ResourceLimits(number("processes"), number("files"), number("file")));
        return new Start(new Start.Flags((flags & 1) != 0, (flags & 2) != 0), limits, strings("args"), strings("env"));
    }

    private Frame.File file() {
        boolean executable = switch (field("mode")) {
            case "0644" -> false;
            case "0755" -> true;
            default -> throw unexpected("mode=0644 or mode=0755");
        };
        expect(" path=");
        return new Frame.File(executable, quoted().utf8());
    }

    private Frame.OutputFileOmitted omitted() {
        String reason = field("reason");
        long count = number("count");
        expect(" path=");
        return new Frame.OutputFileOmitted(
                Arrays.stream(Omission.values())
                        .filter(candidate -> candidate.wireName().equals(reason))
                        .findAny()
                        .orElseThrow(),
                count,
                quoted().utf8());
    }

    private Hello hello() {
        if (number("version") != Protocol.VERSION) {
            throw unexpected("version=" + Protocol.VERSION);
        }
        expect(" facts={");
        Map<String, String> facts = new LinkedHashMap<>();
        while (!accept("}")) {
            String key = bareOrQuoted();
            expect("=");
            facts.put(key, bareOrQuoted());
            accept(",");
        }
        return new Hello(new Facts(facts));
    }

    private Exit exit() {
        String outcome = field("outcome");
        int exitCode = (int) number("code");
        int signal = (int) number("signal");
        Exit.Usage usage = new Exit.Usage(micros("wall"), micros("user"), micros("system"), number("memory"));
        long stdout = number("stdout");
        long stderr = number("stderr");
        long stdoutCrc = Long.parseLong(field("stdoutCrc"), 16);
        long stderrCrc = Long.parseLong(field("stderrCrc"), 16);
        expect(" message=");
        return new Exit(
                Arrays.stream(ExitOutcome.values())
                        .filter(candidate -> candidate.wireName().equals(outcome))
                        .findAny()
                        .orElseThrow(),
                exitCode,
                signal,
                usage,
                new Exit.Tally(stdout, stdoutCrc),
                new Exit.Tally(stderr, stderrCrc),
                quoted().utf8());
    }

    private Bytes hex() {
        return accept(" ") ? Bytes.view(HexFormat.of().parseHex(word())) : Bytes.EMPTY;
    }

    private Duration micros(String name) {
        return Duration.of(number(name), ChronoUnit.MICROS);
    }

    private Duration millis(String name) {
        return Duration.ofMillis(number(name));
    }

    private long number(String name) {
        return Long.parseLong(field(name));
    }

    private String field(String name) {
        expect(" " + name + "=");
        return word();
    }

    private List<Bytes> strings(String name) {
        expect(" " + name + "=[");
        List<Bytes> strings = new ArrayList<>();
        while (!accept("]")) {
            strings.add(quoted());
            accept(",");
        }
        return strings;
    }

    private String bareOrQuoted() {
        return text.charAt(at) == '"' ? quoted().utf8() : word();
    }

    private Bytes quoted() {
        expect("\"");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        while (!accept("\"")) {
            if (accept("\\x")) {
                bytes.write(HexFormat.fromHexDigits(text, at, at + 2));
                at += 2;
            } else {
                bytes.write(text.charAt(at++));
            }
        }
        return Bytes.view(bytes.toByteArray());
    }

    private String word() {
        int from = at;
        while (at < text.length() && " =,}".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return text.substring(from, at);
    }

    private boolean accept(String expected) {
        if (!text.startsWith(expected, at)) {
            return false;
        }
        at += expected.length();
        return true;
    }

    private void expect(String expected) {
        if (!accept(expected)) {
            throw unexpected(expected);
        }
    }

    private IllegalArgumentException unexpected(String expected) {
        return new IllegalArgumentException("not " + expected + " at character " + at + " of " + text);
    }
}
