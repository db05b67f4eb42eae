package dev.sandpool.client;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Keeps what a program prints, up to a limit. */
public final class CollectedOutput implements OutputListener {
    private final int limit;
    private final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();

    /**
     * Nothing yet.
     *
     * @param limit of both streams together, in bytes; a program that prints more fails the run with an IOException
     */
    public CollectedOutput(int limit) {
        this.limit = limit;
    }

    @Override
    public void printed(Stream stream, byte[] bytes) throws IOException {
        if (bytes.length > limit - stdout.size() - stderr.size()) {
            throw new IOException("the program printed more than " + limit + " bytes");
        }
        (stream == Stream.STDOUT ? stdout : stderr).writeBytes(bytes);
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
