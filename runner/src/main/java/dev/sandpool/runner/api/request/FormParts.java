package dev.sandpool.runner.api.request;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.sandpool.runner.run.BadInputException;
import dev.sandpool.runner.run.Problem;
import dev.sandpool.runner.sandbox.BulkInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a {@code multipart/form-data} body (RFC 7578), one after the other. Nothing is ignored silently: a
 * malformed form throws a {@link BadInputException}, and a failure to read the request is thrown unchanged.
 */
final class FormParts {
    private static final int PIECE = 16 * 1024;
    private static final int MOST_PART_HEADER_BYTES = 4096;
    // In practice this is a line end. If more follows, the connection is closed.
    private static final int MOST_EPILOGUE_BYTES = 4096;
    private static final int LONGEST_BOUNDARY = 70;

    /** Whether there is a delimiter at a position, as far as the bytes have come. */
    private enum Match {
        NONE,
        BEGUN,
        WHOLE
    }

    private final InputStream in;
    private final byte[] delimiter;
    private final byte[] buffer;
    // The part of the buffer that was not taken yet, and the position up to which it is known to be content.
    private int at;
    private int end;
    private int clear;
    private Content content = new Content();
    private String place = "before the first part";
    private boolean over;

    FormParts(InputStream in, String contentType) throws IOException {
        this.in = in;
        this.delimiter = ("\r\n--" + boundary(contentType)).getBytes(ISO_8859_1);
        this.buffer = new byte[PIECE + delimiter.length];
        // The first boundary needs no line end before it. Adding one here lets the same search find it.
        buffer[end++] = '\r';
        buffer[end++] = '\n';
    }

    private static String boundary(String contentType) throws IOException {
        String name = "boundary=";
        int start = contentType.toLowerCase(Locale.ROOT).indexOf(name);
        String rest = start < 0 ? "" : contentType.substring(start + name.length());
        boolean quoted = rest.startsWith("\"");
        int stop = quoted ? rest.indexOf('"', 1) : rest.indexOf(';');
        String boundary = quoted
                ? rest.substring(1, Math.max(stop, 1))
                : rest.substring(0, stop < 0 ? rest.length() : stop).strip();
        if (boundary.isEmpty() || boundary.length() > LONGEST_BOUNDARY) {
            throw bad("the Content-Type of a form must have a boundary of 1 to " + LONGEST_BOUNDARY + " characters");
        }
        return boundary;
    }

    /** Skips the rest of the part before and returns the next one; null at the end of the form. */
    @Nullable
    FormPart next() throws IOException {
        if (over) {
            return null;
        }
        content.transferTo(OutputStream.nullOutputStream());
        int first = take();
        int second = take();
        if (first == '-' && second == '-') {
            over = true;
            skipEpilogue();
            return null;
        }
        while (first == ' ' || first == '\t') {
            first = second;
            second = take();
        }
        if (first != '\r' || second != '\n') {
            throw bad("the boundary " + place + " is followed by neither a line end nor two hyphens");
        }
        content = new Content();
        FormPart part = FormPart.of(headers(), content);
        place = "after the part " + Problem.shown(part.name());
        return part;
    }

    /**
     * Skips what follows the form, which has no meaning, because a connection whose request was not read to its end
     * cannot be reused.
     */
    private void skipEpilogue() throws IOException {
        int skipped = end - at;
        while (skipped <= MOST_EPILOGUE_BYTES) {
            int read = in.read(buffer, 0, Math.min(buffer.length, MOST_EPILOGUE_BYTES + 1 - skipped));
            if (read < 0) {
                return;
            }
            skipped += read;
        }
    }

    private List<String> headers() throws IOException {
        List<String> lines = new ArrayList<>();
        var line = new StringBuilder();
        for (int count = 0; count < MOST_PART_HEADER_BYTES; count++) {
            int next = take();
            if (next != '\n') {
                line.append((char) next);
                continue;
            }
            int length = line.length() - 1;
            if (length < 0 || line.charAt(length) != '\r') {
                throw bad("the headers " + place + " have a line feed without a carriage return");
            }
            if (length == 0) {
                return lines;
            }
            lines.add(line.substring(0, length));
            line.setLength(0);
        }
        throw bad("the headers " + place + " are larger than " + MOST_PART_HEADER_BYTES + " bytes");
    }

    private int take() throws IOException {
        if (at == end) {
            fill();
        }
        return buffer[at++] & 0xff;
    }

    private void fill() throws IOException {
        System.arraycopy(buffer, at, buffer, 0, end - at);
        end -= at;
        at = 0;
        clear = 0;
        int read = in.read(buffer, end, buffer.length - end);
        if (read < 0) {
            throw bad("the form ends before its closing boundary, " + place);
        }
        end += read;
    }

    /**
     * Searches for the next delimiter, or for the possible beginning of one. Returns true if a complete one is next.
     */
    private boolean isAtDelimiter() {
        for (clear = Math.max(clear, at); clear < end; clear++) {
            Match match = buffer[clear] == '\r' ? delimiterAt(clear) : Match.NONE;
            if (match != Match.NONE) {
                return match == Match.WHOLE && clear == at;
            }
        }
        return false;
    }

    /** A line that begins with the boundary is content if it continues with other characters than a delimiter may. */
    private Match delimiterAt(int place) {
        int length = Math.min(delimiter.length, end - place);
        int next = place + length;
        if (!Arrays.equals(buffer, place, next, delimiter, 0, length)) {
            return Match.NONE;
        }
        if (length < delimiter.length || next == end) {
            return Match.BEGUN;
        }
        return switch (buffer[next]) {
            case ' ', '\t' -> Match.WHOLE;
            case '\r' -> secondAt(next + 1, '\n');
            case '-' -> secondAt(next + 1, '-');
            default -> Match.NONE;
        };
    }

    private Match secondAt(int place, char wanted) {
        if (place == end) {
            return Match.BEGUN;
        }
        return buffer[place] == wanted ? Match.WHOLE : Match.NONE;
    }

    private static BadInputException bad(String detail) {
        return new BadInputException(Problem.badRequest(detail));
    }

    /** The content before a delimiter. */
    private final class Content extends BulkInputStream {
        private boolean ended;

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, into.length);
            while (!ended && length > 0) {
                if (isAtDelimiter()) {
                    at += delimiter.length;
                    ended = true;
                } else if (clear > at) {
                    int count = Math.min(length, clear - at);
                    System.arraycopy(buffer, at, into, offset, count);
                    at += count;
                    return count;
                } else {
                    fill();
                }
            }
            return length == 0 ? 0 : -1;
        }

        @Override
        public int available() {
            return ended ? 0 : Math.max(clear - at, 0);
        }
    }
}
