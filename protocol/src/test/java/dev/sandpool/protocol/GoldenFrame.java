package dev.sandpool.protocol;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A block of {@code protocol/golden/frames.txt}: bytes that are the frame of a text, or that must be refused. */
record GoldenFrame(String name, boolean up, Optional<String> text, Bytes bytes) {
    private static final Path FILE = Path.of("golden/frames.txt");

    static List<GoldenFrame> all() {
        List<GoldenFrame> frames = new ArrayList<>();
        for (String block : read().split("\n\n", -1)) {
            Map<String, String> fields = new LinkedHashMap<>();
            block.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
                String[] keyAndValue = line.split(" ", 2);
                fields.put(keyAndValue[0], keyAndValue[1]);
            });
            if (!fields.isEmpty()) {
                frames.add(of(fields));
            }
        }
        return frames;
    }

    static List<GoldenFrame> good() {
        return all().stream().filter(frame -> frame.text().isPresent()).toList();
    }

    static List<GoldenFrame> refused() {
        return all().stream().filter(frame -> frame.text().isEmpty()).toList();
    }

    FrameReader<? extends Frame> reader() {
        return reader(new ByteArrayInputStream(bytes.toByteArray()));
    }

    FrameReader<? extends Frame> reader(InputStream in) {
        return up ? FrameReader.up(in) : FrameReader.down(in);
    }

    @Override
    public String toString() {
        return name;
    }

    private static GoldenFrame of(Map<String, String> fields) {
        String kind = fields.containsKey("text") ? "text" : "error";
        if (!List.copyOf(fields.keySet()).equals(List.of("name", "direction", kind, "hex"))) {
            throw new IllegalArgumentException("fields " + fields.keySet() + " of " + fields);
        }
        return new GoldenFrame(
                field(fields, "name"),
                switch (field(fields, "direction")) {
                    case "up" -> true;
                    case "down" -> false;
                    default -> throw new IllegalArgumentException("direction of " + fields);
                },
                Optional.ofNullable(fields.get("text")),
                Bytes.view(HexFormat.of().parseHex(field(fields, "hex"))));
    }

    private static String field(Map<String, String> fields, String name) {
        return Optional.ofNullable(fields.get(name)).orElseThrow();
    }

    private static String read() {
        try {
            return Files.readString(FILE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
