package dev.sandpool.runner.sandbox.session;

import com.github.luben.zstd.ZstdCompressCtx;
import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.FrameWriter;
import dev.sandpool.protocol.Protocol;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A program's pieces on their way down, each compressed if its sandbox can expand it and that makes it clearly smaller. For one thread. */
final class ProgramFrames implements AutoCloseable {
    // Half of a Go program is left, for 3 ms a MB here and 1 in contained; each MB less spares 34 to 70 ms on the way.
    private static final int LEVEL = 1;

    // Below this a frame costs everybody more than its bytes do.
    private static final int LEAST_BYTES = 1024;

    private final FrameWriter down;
    private final boolean mayCompress;
    private @Nullable ZstdCompressCtx encoder;

    ProgramFrames(FrameWriter down, boolean mayCompress) {
        this.down = down;
        this.mayCompress = mayCompress;
    }

    /** The program's next bytes, at most {@link Protocol#MAX_PAYLOAD_BYTES}. */
    void write(byte[] piece, int length) throws IOException {
        if (mayCompress && length >= LEAST_BYTES) {
            byte[] frame = encoder()
                    .compress(
                            length == piece.length
                                    ? piece
                                    : Bytes.view(piece, 0, length).toByteArray());
            if (frame.length <= length - length / 8) {
                down.write(new Frame.ProgramZstd(Bytes.view(frame)));
                return;
            }
        }
        down.writeProgram(piece, 0, length);
    }

    /** So many next bytes are those that contained has kept. */
    void writeKept(long bytes) throws IOException {
        down.write(new Frame.ProgramKept(bytes));
    }

    private ZstdCompressCtx encoder() {
        ZstdCompressCtx now = encoder;
        if (now == null) {
            // The one form that contained takes: the size is told, since all bytes are there, and there is no checksum.
            now = new ZstdCompressCtx().setLevel(LEVEL).setContentSize(true).setChecksum(false);
            encoder = now;
        }
        return now;
    }

    @Override
    public void close() {
        if (encoder != null) {
            encoder.close();
        }
    }
}
