package dev.sandpool.runner.http;

import dev.sandpool.runner.sandbox.BulkInputStream;
import java.io.IOException;

/**
 * The output of a {@link BodyDecoding}. It must be closed, because the memory of a decoder is not in the heap. Closing
 * it does not close its source.
 */
public abstract class DecodedBody extends BulkInputStream {
    @Override
    public abstract int available() throws IOException;

    @Override
    public abstract void close();
}
