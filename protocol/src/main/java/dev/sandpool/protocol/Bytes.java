package dev.sandpool.protocol;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.zip.Checksum;

/**
 * A range of bytes with value equality.
 *
 * <p>It is a view: output passes through by the hundred megabytes, and each copy of it would be paid for. So whoever
 * makes one with {@link #view} leaves the array alone for as long as the value is in use. What a {@link FrameReader}
 * hands out stays as it is.
 */
public final class Bytes {
    public static final Bytes EMPTY = new Bytes(new byte[0], 0, 0);

    private static final int SHOWN_BYTES = 32;

    private final byte[] array;
    private final int offset;
    private final int size;

    private Bytes(byte[] array, int offset, int size) {
        this.array = array;
        this.offset = offset;
        this.size = size;
    }

    public static Bytes view(byte[] array) {
        return new Bytes(array, 0, array.length);
    }

    public static Bytes view(byte[] array, int offset, int size) {
        Objects.checkFromIndexSize(offset, size, array.length);
        return new Bytes(array, offset, size);
    }

    /** The UTF-8 form; half a surrogate pair has none and is an {@link IllegalArgumentException}. */
    public static Bytes utf8(String text) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            return view(encoded.array(), encoded.arrayOffset(), encoded.remaining());
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("text with half a surrogate pair has no UTF-8 form", e);
        }
    }

    public int size() {
        return size;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    /** A part of the same array. */
    Bytes slice(int from, int length) {
        Objects.checkFromIndexSize(from, length, size);
        return new Bytes(array, offset + from, length);
    }

    public byte[] toByteArray() {
        return Arrays.copyOfRange(array, offset, offset + size);
    }

    /** Read-only, on the same array. */
    public ByteBuffer asByteBuffer() {
        return ByteBuffer.wrap(array, offset, size).slice().asReadOnlyBuffer();
    }

    void copyTo(ByteBuffer target) {
        target.put(array, offset, size);
    }

    /** What takes bytes, as {@link java.io.OutputStream#write(byte[], int, int)} does: it keeps no part of the array. */
    @FunctionalInterface
    public interface Receiver {
        void write(byte[] from, int offset, int length) throws IOException;
    }

    public void writeTo(Receiver receiver) throws IOException {
        receiver.write(array, offset, size);
    }

    public void update(Checksum checksum) {
        checksum.update(array, offset, size);
    }

    /** The text; bytes that are not UTF-8 are an {@link IllegalArgumentException}. */
    public String utf8() {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(array, offset, size))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("not UTF-8: " + this, e);
        }
    }

    /** What a list of them takes in a payload, each with its length before it; none may hold a NUL. */
    static long sizeOfStrings(String what, List<Bytes> strings) {
        long size = 0;
        for (int i = 0; i < strings.size(); i++) {
            if (strings.get(i).contains((byte) 0)) {
                throw new IllegalArgumentException(what + " " + (i + 1) + " contains a NUL byte");
            }
            size += 2 + strings.get(i).size();
        }
        return size;
    }

    /** Whether its first byte is this one. */
    boolean startsWith(byte first) {
        return size > 0 && array[offset] == first;
    }

    boolean contains(byte wanted) {
        for (int i = offset; i < offset + size; i++) {
            if (array[i] == wanted) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes that
                && Arrays.equals(array, offset, offset + size, that.array, that.offset, that.offset + that.size);
    }

    @Override
    public int hashCode() {
        return asByteBuffer().hashCode();
    }

    /** The size and the first bytes in hexadecimal: enough for a person, short enough for a log. */
    @Override
    public String toString() {
        int shown = Math.min(size, SHOWN_BYTES);
        String hex = HexFormat.of().formatHex(array, offset, offset + shown);
        return size + " bytes " + hex + (shown < size ? "..." : "");
    }
}
