package dev.sandpool.runner.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.Bytes;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.LazyString;
import io.helidon.http.BadRequestException;
import io.helidon.webserver.CloseConnectionException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Helidon's parser of requests, with four changes. Header values keep their bytes, one character each: Helidon reads
 * them as ASCII, so an argument in UTF-8 would be lost. A long chunk of a body appears as many short ones: Helidon
 * holds each chunk whole in memory, so a chunk of 100 MiB would take as much heap. The framing of chunks is as strict
 * as in Go's net/http, so that a proxy cannot read another request than this runner does; chunk extensions and
 * trailers, which Helidon refuses, are skipped as in Go. HTTP/1.0, which Helidon refuses with 505 (its issue 9648), is
 * accepted as HTTP/1.1 with a connection that ends: nginx and HAProxy use it by default for backends (issue 9604).
 * Decision 24 says what fails in Helidon 4.5.0 without each.
 */
@SuppressWarnings("removal") // the constructor; the factory method that replaces it cannot create subclasses
final class RequestReader extends DataReader {
    private static final int PIECE = 16 * 1024;
    private static final int LONGEST_LINE = 4096;
    private static final int MOST_TRAILER_BYTES = 4096;
    // As in Go: a body with one byte per chunk is accepted, one that is mostly chunk extensions is not.
    private static final int FRAMING_OF_A_CHUNK = 16;
    private static final int MOST_EXCESS = 16 * 1024;
    private static final int LONGEST_SIZE = 15;
    private static final int LINE_END = 2;
    // The part of a too long first line that is kept. It determines the format of the response.
    private static final int BEGINNING = 64;
    private static final byte[] HTTP_1_0 = " HTTP/1.0".getBytes(StandardCharsets.US_ASCII);

    private long restOfChunk;
    private long excess;
    private boolean ended;
    private boolean begun;
    private boolean http10;
    private boolean upgraded;

    RequestReader(Supplier<byte @Nullable []> bytes) {
        super(bytes);
    }

    /** A client that disconnects within a head has sent no request. Helidon would report a failure of the server. */
    @Override
    public void pullData() {
        try {
            super.pullData();
        } catch (InsufficientDataAvailableException e) {
            if (upgraded) {
                throw e;
            }
            throw new CloseConnectionException("the client has gone", e);
        }
    }

    /** The header parser reads values with this method. */
    @Override
    public LazyString readLazyString(Charset charset, int length) {
        return super.readLazyString(StandardCharsets.ISO_8859_1, length);
    }

    /** The parser reads the first line of a request with this method, and after it the header Connection. */
    @Override
    public byte[] readBytes(int length) {
        byte[] bytes = super.readBytes(length);
        if (begun || upgraded) {
            return bytes;
        }
        begun = true;
        RequestLine.check(bytes);
        int version = length - HTTP_1_0.length;
        http10 = version > 0 && Arrays.equals(bytes, version, length, HTTP_1_0, 0, HTTP_1_0.length);
        if (http10) {
            bytes[length - 1] = '1';
        }
        return bytes;
    }

    /** Finds the end of the first line of a request, and of the value of a header. */
    @Override
    public int findNewLine(int max) {
        int end = super.findNewLine(max);
        if (!begun && !upgraded && end >= max) {
            throw RequestLine.tooLong(getBuffer(BEGINNING).readString(BEGINNING, StandardCharsets.ISO_8859_1));
        }
        return end;
    }

    /** Finds the end of the name of a header. */
    @Override
    public int findOrNewLine(byte b, int max) {
        int at = super.findOrNewLine(b, max);
        if (at == 0 && !upgraded) {
            throw new IllegalArgumentException("a header has no name");
        }
        return at;
    }

    /** Expects the first line of another request next. */
    void requestIsOver() {
        begun = false;
    }

    /** Expects no more HTTP. */
    void upgraded() {
        upgraded = true;
    }

    boolean isHttp10() {
        return http10;
    }

    /** Used only for chunk sizes, and for the empty line after the last chunk. */
    @Override
    public String readLine() {
        if (ended) {
            ended = false;
            return "";
        }
        if (restOfChunk == 0) {
            restOfChunk = beginChunk();
            if (restOfChunk == 0) {
                skipTrailers();
                ended = true;
                excess = 0;
                return "0";
            }
        }
        int piece = (int) Math.min(restOfChunk, PIECE);
        restOfChunk -= piece;
        return Integer.toHexString(piece);
    }

    /** Reads bytes of a body. */
    @Override
    public BufferData readBuffer(int length) {
        BufferData data = getBuffer(length);
        super.skip(length);
        return data;
    }

    /** Skips line ends only. Inside a long chunk there is no line end after a piece. */
    @Override
    public void skip(int length) {
        if (length != LINE_END || upgraded) {
            super.skip(length);
        } else if (restOfChunk == 0 && (read() != Bytes.CR_BYTE || read() != Bytes.LF_BYTE)) {
            throw malformed();
        }
    }

    private long beginChunk() {
        String line = line(LONGEST_LINE);
        long size = chunkSize(line);
        excess = Math.max(0, excess + line.length() + 2 * LINE_END - FRAMING_OF_A_CHUNK - 2 * size);
        if (excess > MOST_EXCESS) {
            throw new BadRequestException("chunked encoding contains too much non-data");
        }
        return size;
    }

    private void skipTrailers() {
        int left = MOST_TRAILER_BYTES;
        for (String line = line(left); !line.isEmpty(); line = line(left)) {
            left -= line.length() + LINE_END;
            int colon = line.indexOf(':');
            if (left <= 0 || colon < 0 || !RequestLine.isToken(line.substring(0, colon))) {
                throw new BadRequestException("malformed trailer");
            }
        }
    }

    private String line(int most) {
        var line = new StringBuilder();
        while (true) {
            byte next = read();
            if (next == Bytes.CR_BYTE && read() == Bytes.LF_BYTE) {
                return line.toString();
            }
            if (next == Bytes.CR_BYTE || next == Bytes.LF_BYTE || line.length() >= most) {
                throw malformed();
            }
            line.append((char) (next & 0xff));
        }
    }

    private static long chunkSize(String line) {
        int extension = line.indexOf(';');
        String size = extension < 0 ? withoutTrailingSpace(line) : line.substring(0, extension);
        if (size.isEmpty() || size.length() > LONGEST_SIZE) {
            throw malformed();
        }
        long value = 0;
        for (int i = 0; i < size.length(); i++) {
            if (!HexFormat.isHexDigit(size.charAt(i))) {
                throw malformed();
            }
            value = value << 4 | HexFormat.fromHexDigit(size.charAt(i));
        }
        return value;
    }

    private static String withoutTrailingSpace(String line) {
        int end = line.length();
        while (end > 0 && (line.charAt(end - 1) == ' ' || line.charAt(end - 1) == '\t')) {
            end--;
        }
        return line.substring(0, end);
    }

    private static BadRequestException malformed() {
        return new BadRequestException("malformed chunked encoding");
    }
}
