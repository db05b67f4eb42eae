package dev.sandpool.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of one direction and trusts nobody: whatever comes is a frame, the end, or a
 * {@link ProtocolException}.
 *
 * <p>It reads a header and then a payload, each with as few reads as the stream allows and never a byte beyond the
 * frame; give it a buffered stream where small reads are dear. It does not close the stream. One thread at a time.
 */
public final class FrameReader<F extends Frame> {
    private final InputStream in;
    private final Class<F> direction;
    private final byte[] header = new byte[Protocol.HEADER_BYTES];

    private FrameReader(InputStream in, Class<F> direction) {
        this.in = in;
        this.direction = direction;
    }

    /** What contained says: the runner's reader. */
    public static FrameReader<Frame.Up> up(InputStream in) {
        return new FrameReader<>(in, Frame.Up.class);
    }

    /** What a runner says. */
    public static FrameReader<Frame.Down> down(InputStream in) {
        return new FrameReader<>(in, Frame.Down.class);
    }

    /**
     * Waits for the next frame. Null when the stream ended after a whole frame; an end inside one is a
     * {@link ProtocolException}. After an exception there is nothing more to read.
     */
    public @Nullable F read() throws IOException {
        int headerBytes = in.readNBytes(header, 0, header.length);
        if (headerBytes == 0) {
            return null;
        }
        if (headerBytes < header.length) {
            throw new ProtocolException("the stream ended inside a frame's header");
        }
        int length = ByteBuffer.wrap(header).getInt(1);
        FrameType type = FrameType.ofHeader(header[0] & 0xff, length, direction);
        // A new array for each payload: frames are values that may wait in a queue, and a 64 KiB array that dies
        // young costs less than what else is done with its bytes.
        byte[] payload = new byte[length];
        int payloadBytes = in.readNBytes(payload, 0, length);
        if (payloadBytes < length) {
            throw new ProtocolException(
                    "the stream ended after %d of the %d bytes of %s".formatted(payloadBytes, length, type));
        }
        return direction.cast(PayloadReader.decode(type, payload));
    }
}
