package dev.sandpool.client;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Keeps what a program prints and the files that come back, up to a limit. */
public final class CollectedOutput implements OutputListener {
    private final int limit;
    private final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    private final Map<String, ByteArrayOutputStream> files = new TreeMap<>();
    private final Set<String> whole = new HashSet<>();
    private int taken;

    /**
     * Nothing yet.
     *
     * @param limit of both streams and all files with their names together, in bytes; more fails the run with an IOException
     */
    public CollectedOutput(int limit) {
        this.limit = limit;
    }

    @Override
    public void printed(Stream stream, byte[] bytes) throws IOException {
        take(bytes.length);
        (stream == Stream.STDOUT ? stdout : stderr).writeBytes(bytes);
    }

    @Override
    public void file(String name, byte[] bytes, boolean last, boolean truncated) throws IOException {
        ByteArrayOutputStream file = files.get(name);
        if (file == null) {
            take(name.length());
            file = new ByteArrayOutputStream();
            files.put(name, file);
        }
        take(bytes.length);
        file.writeBytes(bytes);
        if (last && !truncated) {
            whole.add(name);
        }
    }

    private void take(int bytes) throws IOException {
        if (bytes > limit - taken) {
            throw new IOException("the program printed and left more than " + limit + " bytes");
        }
        taken += bytes;
    }

    /** The files that came back whole, by their names. */
    public Map<String, byte[]> files() {
        return files(true);
    }

    /** The beginnings of files whose ends did not come, by their names. */
    public Map<String, byte[]> truncatedFiles() {
        return files(false);
    }

    private Map<String, byte[]> files(boolean areWhole) {
        Map<String, byte[]> all = new TreeMap<>();
        files.forEach((name, content) -> {
            if (whole.contains(name) == areWhole) {
                all.put(name, content.toByteArray());
            }
        });
        return all;
    }

    public byte[] stdout() {
        return stdout.toByteArray();
    }

    public byte[] stderr() {
        return stderr.toByteArray();
    }

    /** As UTF-8; what is none is replaced. */
    public String stdoutText() {
        return stdout.toString(StandardCharsets.UTF_8);
    }

    /** As UTF-8; what is none is replaced. */
    public String stderrText() {
        return stderr.toString(StandardCharsets.UTF_8);
    }
}
