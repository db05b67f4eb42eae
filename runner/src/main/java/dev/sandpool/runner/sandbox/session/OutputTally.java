package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.runner.sandbox.OutputSink;
import dev.sandpool.runner.sandbox.StandardStream;
import java.io.IOException;
import java.util.zip.CRC32;

/**
 * Counts one of a program's two output streams on its way to the sink, computes its checksum, and enforces the limit.
 */
final class OutputTally {
    private final Bytes.Receiver sink;
    private final long limitBytes;
    private final CRC32 crc = new CRC32();
    private long bytes;

    OutputTally(StandardStream stream, OutputSink output, long limitBytes) {
        this.limitBytes = limitBytes;
        this.sink = (from, offset, length) -> output.write(stream, from, offset, length);
    }

    /**
     * Passes bytes on. If they exceed the limit, passes nothing on and returns false.
     *
     * @throws SinkFailedException if they could not be kept
     */
    boolean add(Bytes more) throws SinkFailedException {
        if (more.size() > limitBytes - bytes) {
            return false;
        }
        bytes += more.size();
        more.update(crc);
        try {
            more.writeTo(sink);
        } catch (IOException e) {
            throw new SinkFailedException(e);
        }
        return true;
    }

    Exit.Tally total() {
        return new Exit.Tally(bytes, crc.getValue());
    }
}
