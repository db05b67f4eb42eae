package dev.sandpool.runner.sandbox;

import java.io.ByteArrayOutputStream;

/** A sink that keeps it all. */
public class CollectedOutput implements OutputSink {
    public final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    public final ByteArrayOutputStream stderr = new ByteArrayOutputStream();

    @Override
    public void write(Stream stream, byte[] from, int offset, int length) {
        (stream == Stream.STDOUT ? stdout : stderr).write(from, offset, length);
    }
}
