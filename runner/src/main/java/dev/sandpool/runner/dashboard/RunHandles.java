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
 * Identifies runs to viewers that may not know their ids. A handle is the same for one run everywhere and has no other
 * use. It is a MAC with a key that is created at each start, so that ids cannot be guessed from handles.
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
            // A caller can use an id again, but not for two runs that begin at the same moment.
            byte[] all = mac.doFinal((run.id() + '\n' + run.begun() + '\n' + run.caller()).getBytes(UTF_8));
            return HexFormat.of().formatHex(Arrays.copyOf(all, BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }
}
