package dev.sandpool.runner.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A sink that keeps it all. */
public class RecordedOutput implements OutputSink, FileSink {
    public final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    public final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    public final Map<String, String> files = new LinkedHashMap<>();
    public final List<String> truncated = new ArrayList<>();
    public final List<OmittedFiles> omitted = new ArrayList<>();
    private final ByteArrayOutputStream file = new ByteArrayOutputStream();
    private String name = "";

    @Override
    public void write(StandardStream stream, byte[] from, int offset, int length) {
        (stream == StandardStream.STDOUT ? stdout : stderr).write(from, offset, length);
    }

    @Override
    public FileSink files() {
        return this;
    }

    @Override
    public void begin(String next) {
        name = next;
        file.reset();
    }

    @Override
    public void write(byte[] from, int offset, int length) {
        file.write(from, offset, length);
    }

    @Override
    public void end(boolean wasTruncated) {
        files.put(name, file.toString(UTF_8));
        if (wasTruncated) {
            truncated.add(name);
        }
    }

    @Override
    public void omitted(OmittedFiles left) {
        omitted.add(left);
    }
}
