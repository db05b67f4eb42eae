package dev.sandpool.runner.sandbox;

import dev.sandpool.crds.LauncherSpec;
import dev.sandpool.protocol.Bytes;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A command that runs programs of one kind, and the patterns that recognise such programs. */
final class Launcher {
    private static final int FARTHEST_MAGIC = 4096;
    private static final int LONGEST = 256;
    private static final HexFormat HEXADECIMAL = HexFormat.of();

    private final String name;
    private final int offset;
    private final byte[] magic;
    private final byte[] mask;
    private final byte[] contains;
    private final List<Bytes> command;

    /** @throws IllegalArgumentException with the broken rule; the API server refuses the same values */
    Launcher(LauncherSpec spec) {
        name = "launcher " + spec.name();
        offset = spec.offset();
        magic = bytes("magic", spec.magic());
        mask = spec.mask() == null ? allOf(magic) : bytes("mask", spec.mask());
        contains = bytes("contains", spec.contains());
        rule(magic.length + contains.length > 0, "must have magic or contains");
        rule(mask.length == magic.length, "mask must be as long as magic");
        rule(
                contains.length == 0 || contains.length >= BytePatterns.SHORTEST,
                "contains must have at least " + BytePatterns.SHORTEST + " bytes");
        rule(offset >= 0 && offset <= FARTHEST_MAGIC, "offset " + offset + " must be from 0 to " + FARTHEST_MAGIC);
        rule(
                !spec.command().isEmpty() && spec.command().getFirst().startsWith("/"),
                "command must begin with an absolute path");
        rule(spec.command().stream().noneMatch(part -> part.indexOf(0) >= 0), "command must have no NUL");
        command = spec.command().stream().map(Bytes::utf8).toList();
    }

    private byte[] bytes(String what, @Nullable String hexadecimal) {
        byte[] bytes;
        try {
            bytes = HEXADECIMAL.parseHex(Objects.requireNonNullElse(hexadecimal, ""));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    name + ": " + what + " " + hexadecimal + " must be bytes in hexadecimal", e);
        }
        rule(bytes.length <= LONGEST, what + " must have at most " + LONGEST + " bytes");
        return bytes;
    }

    private static byte[] allOf(byte[] magic) {
        byte[] mask = new byte[magic.length];
        Arrays.fill(mask, (byte) 0xff);
        return mask;
    }

    private void rule(boolean kept, String words) {
        if (!kept) {
            throw new IllegalArgumentException(name + ": " + words);
        }
    }

    /** Returns the number of a program's first bytes that decide whether its magic matches. */
    int headBytes() {
        return magic.length == 0 ? 0 : offset + magic.length;
    }

    boolean fits(byte[] head, int length) {
        return length >= headBytes()
                && IntStream.range(0, magic.length).allMatch(i -> ((head[offset + i] ^ magic[i]) & mask[i]) == 0);
    }

    /** Returns the bytes that a program must contain at any position; empty if there are none. */
    byte[] contains() {
        return contains;
    }

    List<Bytes> command() {
        return command;
    }
}
