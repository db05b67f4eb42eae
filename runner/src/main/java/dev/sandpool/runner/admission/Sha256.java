package dev.sandpool.runner.admission;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.apache.commons.codec.digest.DigestUtils;

/** A hash that replaces a secret text, so that the text itself is not kept. */
record Sha256(String inHex) {
    static Sha256 of(String text) {
        return new Sha256(DigestUtils.sha256Hex(text));
    }

    /** Compares like equals, but in constant time. */
    boolean matches(Sha256 other) {
        return MessageDigest.isEqual(
                inHex.getBytes(StandardCharsets.US_ASCII), other.inHex.getBytes(StandardCharsets.US_ASCII));
    }
}
