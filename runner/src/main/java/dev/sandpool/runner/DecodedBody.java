package dev.sandpool.runner;

import java.io.IOException;
import java.io.InputStream;

/** What comes out of a {@link BodyDecoding}. To be closed, for a decoder's memory is not the heap's; what it reads from stays open. */
abstract class DecodedBody extends InputStream {
    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public abstract int read(byte[] into, int offset, int length) throws IOException;

    @Override
    public abstract int available() throws IOException;

    @Override
    public abstract void close();
}
