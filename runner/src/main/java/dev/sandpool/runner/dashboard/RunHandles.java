package dev.sandpool.runner.dashboard;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandpool.runner.run.CompletedRun;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What tells runs apart for those who may not know their ids: the same for one run wherever it is told of, and of no other use. By a key that
 * is made anew with each start, so that nobody finds out an id by trying.
 */
final class RunHandles {
    private static final String ALGORITHM = "HmacSHA256";
    private static final int BYTES = 12;

    private final SecretKeySpec key;

    RunHandles() {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        key = new SecretKeySpec(bytes, ALGORITHM);
    }

    String of(CompletedRun run) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            // One caller can use an id again, but not at the same moment.
            byte[] all = mac.doFinal((run.id() + '\n' + run.begun() + '\n' + run.caller()).getBytes(UTF_8));
            return HexFormat.of().formatHex(Arrays.copyOf(all, BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }
}
