package dev.sandpool.runner.admission;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.apache.commons.codec.digest.DigestUtils;

/** A hash of a text, in its place: of a secret nothing else is kept. */
record Sha256(String inHex) {
    static Sha256 of(String text) {
        return new Sha256(DigestUtils.sha256Hex(text));
    }

    /** The same as equals, in a time that does not tell how much of them is the same. */
    boolean matches(Sha256 other) {
        return MessageDigest.isEqual(
                inHex.getBytes(StandardCharsets.US_ASCII), other.inHex.getBytes(StandardCharsets.US_ASCII));
    }
}
