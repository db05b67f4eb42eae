package dev.sandpool.runner.api.request;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * Separates text from other bytes, piece by piece. An incomplete character at the end of a piece is kept for the next
 * one. Not thread-safe.
 */
public final class Utf8 {
    private static final int PIECE = 16 * 1024;

    private byte[] rest = {};

    /**
     * A part of a stream.
     *
     * @param text whole characters
     * @param binary bytes that are not valid UTF-8; empty if there is text
     */
    public record Piece(Optional<String> text, Optional<byte[]> binary) {
        public boolean isEmpty() {
            return text.isPresent() && text.get().isEmpty();
        }
    }

    /** Returns the bytes as text; empty if they are not valid UTF-8. */
    public static Optional<String> strict(byte[] bytes) {
        try {
            return Optional.of(decoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /** Returns whether a text has no half of a surrogate pair, which UTF-8 cannot encode. */
    static boolean isWhole(String text) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    /** Returns whether the whole stream is valid UTF-8. */
    public static boolean isText(InputStream from) throws IOException {
        var utf8 = new Utf8();
        byte[] piece = new byte[PIECE];
        for (int read = from.read(piece); read >= 0; read = from.read(piece)) {
            if (utf8.decode(Arrays.copyOf(piece, read)).isEmpty()) {
                return false;
            }
        }
        return utf8.rest.length == 0;
    }

    /** Returns the next bytes of the stream, without an incomplete character at their end. */
    public Piece next(byte[] piece) {
        Optional<String> text = decode(piece);
        return new Piece(text, text.isPresent() ? Optional.empty() : Optional.of(take(piece)));
    }

    /** Returns the last bytes of the stream. */
    public Piece last(byte[] piece) {
        byte[] all = take(piece);
        Optional<String> text = strict(all);
        return new Piece(text, text.isPresent() ? Optional.empty() : Optional.of(all));
    }

    /** Returns the piece as text, without an incomplete character at its end; empty if it is not valid UTF-8. */
    private Optional<String> decode(byte[] piece) {
        ByteBuffer bytes = ByteBuffer.wrap(withRest(piece));
        CharBuffer text = CharBuffer.allocate(bytes.remaining());
        if (decoder().decode(bytes, text, false).isError()) {
            return Optional.empty();
        }
        rest = new byte[bytes.remaining()];
        bytes.get(rest);
        return Optional.of(text.flip().toString());
    }

    /** Returns the kept bytes together with a piece that is no text. Nothing is kept after that. */
    private byte[] take(byte[] piece) {
        byte[] all = withRest(piece);
        rest = new byte[0];
        return all;
    }

    private byte[] withRest(byte[] piece) {
        byte[] all = Arrays.copyOf(rest, rest.length + piece.length);
        System.arraycopy(piece, 0, all, rest.length, piece.length);
        return all;
    }

    private static CharsetDecoder decoder() {
        return StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
    }
}
