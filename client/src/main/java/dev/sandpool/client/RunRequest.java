package dev.sandpool.client;

import java.io.FileNotFoundException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** A program, what it is given, and its limits. Each method changes this request and returns it. Not for several threads at once. */
public final class RunRequest {
    private final BodyPublisher program;
    private String id = UUID.randomUUID().toString();
    private List<String> arguments = List.of();
    private Map<String, String> environment = Map.of();
    private final Map<String, String> limits = new LinkedHashMap<>();
    private final List<Part> files = new ArrayList<>();
    private List<String> outputFiles = List.of();

    private record Part(String head, BodyPublisher content) {}

    private RunRequest(BodyPublisher program) {
        this.program = program;
    }

    public static RunRequest of(byte[] program) {
        return new RunRequest(BodyPublishers.ofByteArray(program));
    }

    /** A program that is read from its file when it is sent. */
    public static RunRequest of(Path program) throws FileNotFoundException {
        return new RunRequest(BodyPublishers.ofFile(program));
    }

    /** The run's id: 1 to 64 letters, digits, {@code . _ -}. A request has a random one of its own. */
    public RunRequest id(String chosen) {
        if (!chosen.matches("[A-Za-z0-9._-]{1,64}")) {
            throw new IllegalArgumentException("id " + chosen + " must be 1 to 64 letters, digits, '.', '_' or '-'");
        }
        id = chosen;
        return this;
    }

    public RunRequest arguments(String... all) {
        arguments = List.of(all);
        return this;
    }

    public RunRequest environment(Map<String, String> all) {
        environment = new LinkedHashMap<>(all);
        return this;
    }

    /** A file beside the program, at a path below its folder. */
    public RunRequest file(String path, byte[] content) {
        if (path.chars().anyMatch(c -> c < ' ' || c == '"' || c == '\\' || c == 0x7f)) {
            throw new IllegalArgumentException("the path of a file must have no quote, backslash or control character");
        }
        files.add(new Part("name=\"file\"; filename=\"" + path + "\"", BodyPublishers.ofByteArray(content)));
        return this;
    }

    /**
     * Files that the program writes and that come back: names and patterns, relative to its folder. They go to
     * {@link OutputListener#file}.
     */
    public RunRequest outputFiles(String... patterns) {
        outputFiles = List.of(patterns);
        return this;
    }

    public RunRequest runTimeout(Duration limit) {
        return limit("runTimeout", limit.toMillis() + "ms");
    }

    public RunRequest cpuTime(Duration limit) {
        return limit("cpuTime", limit.toMillis() + "ms");
    }

    public RunRequest memory(long bytes) {
        return limit("memory", Long.toString(bytes));
    }

    /** The most output of each stream, in bytes. */
    public RunRequest output(long bytes) {
        return limit("output", Long.toString(bytes));
    }

    private RunRequest limit(String name, String value) {
        limits.put(name, value);
        return this;
    }

    public String id() {
        return id;
    }

    /** The form, whose parts are in the order that the API demands. */
    BodyPublisher form(String boundary) {
        List<BodyPublisher> all = new ArrayList<>();
        add(all, boundary, "name=\"options\"", BodyPublishers.ofString(options(), StandardCharsets.UTF_8));
        files.forEach(file -> add(all, boundary, file.head(), file.content()));
        add(all, boundary, "name=\"program\"", program);
        all.add(BodyPublishers.ofString("--" + boundary + "--\r\n"));
        return BodyPublishers.concat(all.toArray(BodyPublisher[]::new));
    }

    private static void add(List<BodyPublisher> all, String boundary, String head, BodyPublisher content) {
        all.add(BodyPublishers.ofString("--" + boundary + "\r\nContent-Disposition: form-data; " + head + "\r\n\r\n"));
        all.add(content);
        all.add(BodyPublishers.ofString("\r\n"));
    }

    private String options() {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("id", quoted(id));
        fields.put("arguments", list(arguments));
        fields.put("environment", object(environment, RunRequest::quoted));
        limits.forEach((name, value) -> fields.put(name, quoted(value)));
        if (!outputFiles.isEmpty()) {
            fields.put("outputFiles", list(outputFiles));
        }
        return object(fields, value -> value);
    }

    private static String list(List<String> texts) {
        return texts.stream().map(RunRequest::quoted).collect(Collectors.joining(",", "[", "]"));
    }

    private static String object(Map<String, String> fields, UnaryOperator<String> value) {
        return fields.entrySet().stream()
                .map(field -> quoted(field.getKey()) + ":" + value.apply(field.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static String quoted(String text) {
        return text.chars()
                .mapToObj(c -> c == '"' || c == '\\'
                        ? "\\" + (char) c
                        : c < ' ' ? "\\u%04x".formatted(c) : String.valueOf((char) c))
                .collect(Collectors.joining("", "\"", "\""));
    }
}
