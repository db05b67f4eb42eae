package dev.sandpool.runner.sandbox;

import java.io.ByteArrayOutputStream;

/** A sink that keeps it all. */
class CollectedOutput implements OutputSink {
    final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    final ByteArrayOutputStream stderr = new ByteArrayOutputStream();

    @Override
    public void stdout(byte[] from, int offset, int length) {
        stdout.write(from, offset, length);
    }

    @Override
    public void stderr(byte[] from, int offset, int length) {
        stderr.write(from, offset, length);
    }
}
