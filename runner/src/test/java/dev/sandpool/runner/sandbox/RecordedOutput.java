package dev.sandpool.runner.sandbox;

import java.io.ByteArrayOutputStream;

/** A sink that keeps it all. */
public class RecordedOutput implements OutputSink {
    public final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    public final ByteArrayOutputStream stderr = new ByteArrayOutputStream();

    @Override
    public void write(StandardStream stream, byte[] from, int offset, int length) {
        (stream == StandardStream.STDOUT ? stdout : stderr).write(from, offset, length);
    }
}
