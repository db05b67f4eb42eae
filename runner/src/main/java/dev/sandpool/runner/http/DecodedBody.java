package dev.sandpool.runner.http;

import dev.sandpool.runner.sandbox.BulkInputStream;
import java.io.IOException;

/** What comes out of a {@link BodyDecoding}. To be closed, for a decoder's memory is not the heap's; what it reads from stays open. */
public abstract class DecodedBody extends BulkInputStream {
    @Override
    public abstract int available() throws IOException;

    @Override
    public abstract void close();
}
