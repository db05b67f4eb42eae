package dev.sandpool.protocol;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The text form of frames that {@code protocol/golden/frames.txt} describes. */
final class FrameText {
    private FrameText() {}

    static String of(Frame frame) {
        return switch (frame) {
            case Start start -> start(start);
            case Frame.ProgramKept kept -> "PROGRAM_KEPT bytes=" + kept.bytes();
            case Frame.ProgramZstd program -> bytes("PROGRAM_ZSTD", program.bytes());
            case Frame.Program program -> bytes("PROGRAM", program.bytes());
            case Frame.ProgramEnd end -> "PROGRAM_END launcher=" + strings(end.launcher());
            case Frame.Stdin stdin -> bytes("STDIN", stdin.bytes());
            case Frame.StdinEnd _ -> "STDIN_END";
            case Frame.Kill _ -> "KILL";
            case Frame.Ping ping -> bytes("PING", ping.bytes());
            case Frame.File file -> "FILE mode=0%o path=%s".formatted(file.mode(), quoted(Bytes.utf8(file.path())));
            case Frame.FileData data -> bytes("FILE_DATA", data.bytes());
            case Frame.Signal signal -> "SIGNAL " + signal.number();
            case Frame.Collect collect ->
                "COLLECT within=%d bytes=%d patterns=%s"
                        .formatted(
                                collect.within().toMillis(),
                                collect.mostBytes(),
                                strings(collect.patterns().stream()
                                        .map(pattern -> Bytes.utf8(pattern.text()))
                                        .toList()));
            case Hello hello -> hello(hello);
            case Frame.Started _ -> "STARTED";
            case Frame.Stdout stdout -> bytes("STDOUT", stdout.bytes());
            case Frame.Stderr stderr -> bytes("STDERR", stderr.bytes());
            case Exit exit -> exit(exit);
            case Frame.StdinRead read -> "STDIN_READ bytes=" + read.bytes();
            case Frame.Pong pong -> bytes("PONG", pong.bytes());
            case Frame.StdoutZstd stdout -> bytes("STDOUT_ZSTD", stdout.bytes());
            case Frame.StderrZstd stderr -> bytes("STDERR_ZSTD", stderr.bytes());
            case Frame.OutputFile file -> "OUTPUT_FILE path=" + quoted(Bytes.utf8(file.path()));
            case Frame.OutputFileData data -> bytes("OUTPUT_FILE_DATA", data.bytes());
            case Frame.OutputFileEnd end ->
                "OUTPUT_FILE_END truncated=%d bytes=%d crc=%08x"
                        .formatted(
                                end.truncated() ? 1 : 0,
                                end.total().bytes(),
                                end.total().crc());
            case Frame.OutputFileOmitted omitted ->
                "OUTPUT_FILE_OMITTED reason=%s count=%d path=%s"
                        .formatted(omitted.omission().wireName(), omitted.count(), quoted(Bytes.utf8(omitted.path())));
        };
    }

    private static String bytes(String name, Bytes bytes) {
        return (name + " " + HexFormat.of().formatHex(bytes.toByteArray())).strip();
    }

    private static String start(Start start) {
        Start.Limits limits = start.limits();
        return "START flags=%d interrupt=%d kill=%d cpu=%d program=%d keep=%d working=%d output=%d memory=%d processes=%d files=%d file=%d args=%s env=%s"
                .formatted(
                        start.flags().bits(),
                        limits.times().interruptAfter().toMillis(),
                        limits.times().killAfter().toMillis(),
                        limits.times().cpu().toMillis(),
                        limits.sizes().programBytes(),
                        limits.sizes().keepBytes(),
                        limits.sizes().fileBytes(),
                        limits.sizes().outputBytes(),
                        limits.sizes().memoryBytes(),
                        limits.resources().maxProcesses(),
                        limits.resources().maxOpenFiles(),
                        limits.resources().maxFileBytes(),
                        strings(start.arguments()),
                        strings(start.environment()));
    }

    private static String hello(Hello hello) {
        Map<String, String> facts = hello.facts().values();
        return "HELLO version=%d facts=%s"
                .formatted(
                        Protocol.VERSION,
                        facts.entrySet().stream()
                                .map(fact -> bareOrQuoted(fact.getKey()) + "=" + bareOrQuoted(fact.getValue()))
                                .collect(Collectors.joining(",", "{", "}")));
    }

    private static String exit(Exit exit) {
        return "EXIT outcome=%s code=%d signal=%d wall=%d user=%d system=%d memory=%d stdout=%d stderr=%d stdoutCrc=%08x stderrCrc=%08x message=%s"
                .formatted(
                        exit.outcome().wireName(),
                        exit.exitCode(),
                        exit.signal(),
                        Exit.Usage.micros(exit.usage().wall()),
                        Exit.Usage.micros(exit.usage().user()),
                        Exit.Usage.micros(exit.usage().system()),
                        exit.usage().peakMemoryBytes(),
                        exit.stdout().bytes(),
                        exit.stderr().bytes(),
                        exit.stdout().crc(),
                        exit.stderr().crc(),
                        quoted(Bytes.utf8(exit.message())));
    }

    private static String strings(List<Bytes> strings) {
        return strings.stream().map(FrameText::quoted).collect(Collectors.joining(",", "[", "]"));
    }

    private static String bareOrQuoted(String text) {
        return text.matches("[A-Za-z0-9._-]+") ? text : quoted(Bytes.utf8(text));
    }

    private static String quoted(Bytes bytes) {
        StringBuilder text = new StringBuilder("\"");
        for (char c : new String(bytes.toByteArray(), StandardCharsets.ISO_8859_1).toCharArray()) {
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                text.append(String.format(Locale.ROOT, "\\x%02x", (int) c));
            } else {
                text.append(c);
            }
        }
        return text.append('"').toString();
    }
}
