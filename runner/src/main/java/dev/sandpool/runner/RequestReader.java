package dev.sandpool.runner;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.LazyString;
import io.helidon.http.BadRequestException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Helidon's parser of requests, with three of its habits changed. Header values keep their bytes, one character each: Helidon
 * reads them as ASCII, and an argument in UTF-8 would be lost. And a chunked body never is in memory by the chunk: Helidon
 * gathers each chunk whole, so that one chunk of 100 MiB would take that much heap; here it sees a long chunk as many short
 * ones. Chunk extensions and trailers, which Helidon refuses, are skipped as Go does. And HTTP/1.0, which Helidon refuses but
 * nginx and HAProxy speak to what is behind them unless they are told otherwise, is taken for HTTP/1.1 whose connection ends.
 */
@SuppressWarnings("removal") // the constructor; the factory method that replaces it makes no subclasses
final class RequestReader extends DataReader {
    private static final int PIECE = 16 * 1024;
    private static final int LONGEST_LINE = 4096;
    private static final int MOST_TRAILERS = 64;
    private static final int LINE_END = 2;
    private static final byte[] HTTP_1_0 = " HTTP/1.0".getBytes(StandardCharsets.US_ASCII);

    private long restOfChunk;
    private boolean ended;
    private boolean begun;
    private boolean http10;
    private boolean upgraded;

    RequestReader(Supplier<byte @Nullable []> bytes) {
        super(bytes);
    }

    /** What the header parser reads values by. */
    @Override
    public LazyString readLazyString(Charset charset, int length) {
        return super.readLazyString(StandardCharsets.ISO_8859_1, length);
    }

    /** What the parser reads the first line of a request by, and after it the header Connection. */
    @Override
    public byte[] readBytes(int length) {
        byte[] bytes = super.readBytes(length);
        if (begun || upgraded) {
            return bytes;
        }
        begun = true;
        int version = length - HTTP_1_0.length;
        http10 = version > 0 && Arrays.equals(bytes, version, length, HTTP_1_0, 0, HTTP_1_0.length);
        if (http10) {
            bytes[length - 1] = '1';
        }
        return bytes;
    }

    /** What comes next is the first line of another request. */
    void requestIsOver() {
        begun = false;
    }

    /** What comes from here on is no HTTP. */
    void upgraded() {
        upgraded = true;
    }

    boolean isHttp10() {
        return http10;
    }

    /** Used for chunk sizes, and for the empty line after the last chunk, only. */
    @Override
    public String readLine() {
        if (ended) {
            ended = false;
            return "";
        }
        if (restOfChunk == 0) {
            restOfChunk = chunkSize(line());
            if (restOfChunk == 0) {
                skipTrailers();
                ended = true;
                return "0";
            }
        }
        int piece = (int) Math.min(restOfChunk, PIECE);
        restOfChunk -= piece;
        return Integer.toHexString(piece);
    }

    /** Inside a long chunk there is no line end to skip after a piece. A piece that is followed by another is never two bytes. */
    @Override
    public void skip(int length) {
        if (length != LINE_END || restOfChunk == 0) {
            super.skip(length);
        }
    }

    private void skipTrailers() {
        for (int i = 0; i < MOST_TRAILERS; i++) {
            if (line().isEmpty()) {
                return;
            }
        }
        throw new BadRequestException("too many trailers");
    }

    private String line() {
        int end;
        try {
            end = findNewLine(LONGEST_LINE);
        } catch (IncorrectNewLineException e) {
            throw new BadRequestException("malformed chunked encoding");
        }
        if (end == LONGEST_LINE) {
            throw new BadRequestException("malformed chunked encoding");
        }
        String line = end == 0 ? "" : readAsciiString(end);
        super.skip(LINE_END);
        return line;
    }

    private static long chunkSize(String line) {
        int extension = line.indexOf(';');
        String size = (extension < 0 ? line : line.substring(0, extension)).strip();
        try {
            if (!size.isEmpty() && size.length() <= 15 && Character.digit(size.charAt(0), 16) >= 0) {
                return Long.parseLong(size, 16);
            }
        } catch (NumberFormatException e) {
            // Told below, with the others.
        }
        throw new BadRequestException("malformed chunked encoding");
    }
}
