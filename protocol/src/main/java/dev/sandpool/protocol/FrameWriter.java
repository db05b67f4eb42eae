package dev.sandpool.protocol;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * Writes frames, each in one {@code write} call with header and payload, because one call becomes one WebSocket message,
 * and a {@code flush} after it.
 *
 * <p>Any thread may write at any time; frames never mix. While one waits for a peer that does not read, all wait: only
 * closing the stream helps then. It does not close the stream.
 */
public final class FrameWriter {
    private final OutputStream out;
    private final ReentrantLock lock = new ReentrantLock();
    private final byte[] buffer = new byte[Protocol.HEADER_BYTES + Protocol.MAX_PAYLOAD_BYTES];
    private final PayloadWriter encoder = new PayloadWriter(buffer);

    public FrameWriter(OutputStream out) {
        this.out = out;
    }

    public void write(Frame frame) throws IOException {
        lock.lock();
        try {
            out.write(buffer, 0, encoder.encode(frame));
            out.flush();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Writes a part of the program, in as many PROGRAM frames as it takes. Other frames may come between them: a PING
     * or KILL need not wait for all of it.
     */
    public void writeProgram(byte[] bytes, int offset, int length) throws IOException {
        writePieces(bytes, offset, length, Frame.Program::new);
    }

    /** The same for a part of the working file that was begun last. */
    public void writeFileData(byte[] bytes, int offset, int length) throws IOException {
        writePieces(bytes, offset, length, Frame.FileData::new);
    }

    private void writePieces(byte[] bytes, int offset, int length, Function<Bytes, Frame> frame) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        for (int done = 0; done < length; done += Protocol.MAX_PAYLOAD_BYTES) {
            int size = Math.min(length - done, Protocol.MAX_PAYLOAD_BYTES);
            write(frame.apply(Bytes.view(bytes, offset + done, size)));
        }
    }
}
