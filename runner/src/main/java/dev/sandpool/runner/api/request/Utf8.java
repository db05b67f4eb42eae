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

/** Tells text from other bytes, by the piece: what ends inside a character is kept for the next one. */
public final class Utf8 {
    private static final int PIECE = 16 * 1024;

    private byte[] rest = {};

    /** The text that those bytes are; empty if they are none. */
    static Optional<String> strict(byte[] bytes) {
        try {
            return Optional.of(decoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /** Whether a text has no half of a character, which UTF-8 cannot say. */
    static boolean isWhole(String text) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    /** Whether all of it is text. */
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

    /** The piece as text, but for the beginning of a character that it may end in; empty if it is no text. */
    public Optional<String> decode(byte[] piece) {
        ByteBuffer bytes = ByteBuffer.wrap(withRest(piece));
        CharBuffer text = CharBuffer.allocate(bytes.remaining());
        if (decoder().decode(bytes, text, false).isError()) {
            return Optional.empty();
        }
        rest = new byte[bytes.remaining()];
        bytes.get(rest);
        return Optional.of(text.flip().toString());
    }

    /** What was kept and a piece that is no text with it; nothing is kept any more. */
    public byte[] take(byte[] piece) {
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
