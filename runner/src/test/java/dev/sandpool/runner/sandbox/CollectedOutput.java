package dev.sandpool.runner.sandbox;

import java.io.ByteArrayOutputStream;

/** A sink that keeps it all. */
public class CollectedOutput implements OutputSink {
    public final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    public final ByteArrayOutputStream stderr = new ByteArrayOutputStream();

    @Override
    public void stdout(byte[] from, int offset, int length) {
        stdout.write(from, offset, length);
    }

    @Override
    public void stderr(byte[] from, int offset, int length) {
        stderr.write(from, offset, length);
    }
}
