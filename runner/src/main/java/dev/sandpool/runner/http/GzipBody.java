package dev.sandpool.runner.http;

import dev.sandpool.runner.run.CorruptBodyException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decompresses gzip, with all members (RFC 1952). The JDK's own stream treats a failure after a member, and other data
 * there, as the end. Here an incomplete program is never accepted as complete.
 */
final class GzipBody extends DecodedBody {
    private static final int ID_1 = 0x1f;
    private static final int ID_2 = 0x8b;
    private static final int DEFLATE = 8;
    private static final int FLAG_HEADER_CRC = 2;
    private static final int FLAG_EXTRA = 4;
    private static final int FLAG_NAME = 8;
    private static final int FLAG_COMMENT = 16;
    private static final int FLAGS_RESERVED = 0xe0;
    private static final int TIME_AND_SYSTEM_BYTES = 6;
    private static final int PIECE = 8 * 1024;

    private enum State {
        BEFORE_FIRST,
        INSIDE,
        BETWEEN,
        OVER
    }

    private final InputStream encoded;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 crc = new CRC32();
    private final byte[] piece = new byte[PIECE];
    private int at;
    private int end;
    private State state = State.BEFORE_FIRST;

    GzipBody(InputStream encoded) {
        this.encoded = encoded;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (length == 0) {
            return 0;
        }
        while (true) {
            switch (state) {
                case BEFORE_FIRST, BETWEEN -> beginMember();
                case INSIDE -> {
                    int read = inflate(into, offset, length);
                    if (read > 0) {
                        return read;
                    }
                }
                case OVER -> {
                    return -1;
                }
            }
        }
    }

    @Override
    public int available() throws IOException {
        return inflater.needsInput() ? encoded.available() : 1;
    }

    /** Decompresses and returns the number of bytes; 0 if more input is needed or the member is over. */
    private int inflate(byte[] into, int offset, int length) throws IOException {
        int read;
        try {
            read = inflater.inflate(into, offset, length);
        } catch (DataFormatException e) {
            throw new CorruptBodyException("the body is not gzip: " + e.getMessage(), e);
        }
        crc.update(into, offset, read);
        at = end - inflater.getRemaining();
        if (read == 0 && inflater.finished()) {
            endMember();
        } else if (read == 0 && inflater.needsDictionary()) {
            throw new CorruptBodyException("the body is not gzip: it wants a dictionary");
        } else if (read == 0) {
            fill();
            inflater.setInput(piece, at, end - at);
        }
        return read;
    }

    private void beginMember() throws IOException {
        if (state == State.BETWEEN && at == end && !tryFill()) {
            state = State.OVER;
            return;
        }
        if (next() != ID_1 || next() != ID_2 || next() != DEFLATE) {
            throw new CorruptBodyException("the body is not gzip: no gzip header where one must be");
        }
        skipRestOfHeader(next());
        inflater.reset();
        inflater.setInput(piece, at, end - at);
        crc.reset();
        state = State.INSIDE;
    }

    private void skipRestOfHeader(int flags) throws IOException {
        if ((flags & FLAGS_RESERVED) != 0) {
            throw new CorruptBodyException("the body is not gzip: reserved flags are set");
        }
        skip(TIME_AND_SYSTEM_BYTES);
        if ((flags & FLAG_EXTRA) != 0) {
            skip(next() | next() << 8);
        }
        if ((flags & FLAG_NAME) != 0) {
            skipText();
        }
        if ((flags & FLAG_COMMENT) != 0) {
            skipText();
        }
        if ((flags & FLAG_HEADER_CRC) != 0) {
            skip(2);
        }
    }

    private void endMember() throws IOException {
        long expectedCrc = littleEndian();
        long expectedSize = littleEndian();
        if (expectedCrc != crc.getValue() || expectedSize != (inflater.getBytesWritten() & 0xffffffffL)) {
            throw new CorruptBodyException("the body is damaged: its checksum or its size is wrong");
        }
        state = State.BETWEEN;
    }

    private long littleEndian() throws IOException {
        return next() | next() << 8 | next() << 16 | (long) next() << 24;
    }

    private void skipText() throws IOException {
        while (next() != 0) {}
    }

    private void skip(int bytes) throws IOException {
        for (int i = 0; i < bytes; i++) {
            next();
        }
    }

    private int next() throws IOException {
        if (at == end) {
            fill();
        }
        return piece[at++] & 0xff;
    }

    private void fill() throws IOException {
        if (!tryFill()) {
            throw new CorruptBodyException("the body is incomplete: it ends inside its gzip data");
        }
    }

    private boolean tryFill() throws IOException {
        at = 0;
        end = Math.max(encoded.read(piece, 0, piece.length), 0);
        return end > 0;
    }

    @Override
    public void close() {
        inflater.end();
    }
}
