package dev.sandpool.runner.sandbox.session;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.util.Native;
import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Protocol;
import dev.sandpool.protocol.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decompresses the output that contained compressed. A frame expands to at most the size that an uncompressed frame
 * could have, or it is a {@link ProtocolException}. Not thread-safe.
 */
final class CompressedOutput implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CompressedOutput.class);

    // Without this check, zstd would also accept its formats before 1.0, whose decoders get little review.
    private static final int MAGIC = 0xFD2F_B528;
    private static final int SHORTEST_HEADER = 6;

    // Only a single segment: the output is its own window, so no window is allocated. No checksum, since EXIT has one.
    // No dictionary.
    private static final int DESCRIPTOR_MASK = 0x3f;
    private static final int SINGLE_SEGMENT = 0x20;

    private @Nullable ZstdDecompressCtx decoder;

    /**
     * Returns whether this machine can decompress. The native library in the jar is for one platform and needs a folder
     * to be extracted to.
     */
    static boolean isPossible() {
        return Library.IS_LOADED;
    }

    private static final class Library {
        private static final boolean IS_LOADED = load();

        private static boolean load() {
            try {
                Native.load();
                return true;
            } catch (LinkageError e) {
                LOG.atWarn().setCause(e).log("sandboxes are not asked to compress output: zstd cannot be loaded");
                return false;
            }
        }
    }

    /** Returns the content of one frame, at most {@link Protocol#MAX_PAYLOAD_BYTES}. */
    Bytes expand(Bytes payload) throws ProtocolException {
        byte[] frame = payload.toByteArray();
        requireOurForm(frame);
        try {
            byte[] expanded = new byte[size(frame)];
            int came = decoder().decompressByteArray(expanded, 0, expanded.length, frame, 0, frame.length);
            if (came < expanded.length) {
                throw new ProtocolException(
                        "compressed output of " + came + " bytes that says it is of " + expanded.length);
            }
            return Bytes.view(expanded);
        } catch (ZstdException e) {
            throw new ProtocolException("compressed output that is broken, zstd's error " + e.getErrorCode());
        }
    }

    private static void requireOurForm(byte[] frame) throws ProtocolException {
        if (frame.length < SHORTEST_HEADER
                || ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN).getInt() != MAGIC
                || (frame[Integer.BYTES] & DESCRIPTOR_MASK) != SINGLE_SEGMENT) {
            throw new ProtocolException("compressed output that is no zstd frame of one segment");
        }
    }

    /** Returns the content size that the header of the frame declares. Nothing may follow the frame. */
    private static int size(byte[] frame) throws ProtocolException {
        long size = Zstd.getFrameContentSize(frame);
        if (size < 1 || size > Protocol.MAX_PAYLOAD_BYTES) {
            throw new ProtocolException(
                    "compressed output that says it is of " + size + " bytes, not 1 to " + Protocol.MAX_PAYLOAD_BYTES);
        }
        long end = Zstd.findFrameCompressedSize(frame);
        if (end != frame.length) {
            throw new ProtocolException("compressed output with " + (frame.length - end) + " bytes after it");
        }
        return (int) size;
    }

    private ZstdDecompressCtx decoder() {
        ZstdDecompressCtx now = decoder;
        if (now == null) {
            now = new ZstdDecompressCtx();
            decoder = now;
        }
        return now;
    }

    @Override
    public void close() {
        if (decoder != null) {
            decoder.close();
        }
    }
}
