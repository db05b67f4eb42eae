package dev.sandpool.runner.sandbox;

import java.io.IOException;
import java.io.InputStream;

/** An input stream that implements {@code read(byte[], int, int)}. Reading a single byte reads an array of one byte. */
public abstract class BulkInputStream extends InputStream {
    @Override
    public final int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public abstract int read(byte[] into, int offset, int length) throws IOException;
}
