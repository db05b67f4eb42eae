package dev.sandpool.runner.admission;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokens of a Secret as the kubelet mounts it: one file per caller, which contains the caller's token. They are
 * read again at most once a second, so a removed token is refused soon after the kubelet has removed its file.
 */
final class TokenFiles implements TokenCheck {
    private static final Logger LOG = LoggerFactory.getLogger(TokenFiles.class);

    private static final Duration FRESH = Duration.ofSeconds(1);
    // A Secret has at most 1 MiB.
    private static final int MOST_FILES = 4096;
    private static final int LONGEST_TOKEN = 16 * 1024;

    private final Path folder;
    private final LongSupplier nanoClock;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock.
    private Map<String, Sha256> tokens = Map.of();
    private String trouble = "";
    private boolean everRead;
    private long readAt;

    TokenFiles(Path folder, LongSupplier nanoClock) {
        this.folder = folder;
        this.nanoClock = nanoClock;
    }

    @Override
    public TokenVerdict check(String token, Caller from) {
        Map<String, Sha256> now;
        lock.lock();
        try {
            refresh();
            if (!trouble.isEmpty()) {
                return new TokenVerdict.Undecided(trouble);
            }
            now = tokens;
        } finally {
            lock.unlock();
        }
        return find(now, Sha256.of(token));
    }

    /** Compares with all tokens, so that the time does not depend on which one matches. */
    private static TokenVerdict find(Map<String, Sha256> tokens, Sha256 presented) {
        TokenVerdict verdict = new TokenVerdict.Unknown();
        for (Map.Entry<String, Sha256> each : tokens.entrySet()) {
            if (each.getValue().matches(presented)) {
                verdict = new TokenVerdict.Known(Caller.ofToken(each.getKey()));
            }
        }
        return verdict;
    }

    private void refresh() {
        long now = nanoClock.getAsLong();
        if (everRead && now - readAt < FRESH.toNanos()) {
            return;
        }
        everRead = true;
        readAt = now;
        try {
            tokens = read();
            nowTrouble(tokens.isEmpty() ? "there are no tokens in " + folder : "");
        } catch (IOException e) {
            tokens = Map.of();
            nowTrouble("the tokens cannot be read: " + e);
        }
    }

    private void nowTrouble(String now) {
        if (!now.isEmpty() && !now.equals(trouble)) {
            LOG.atError().addKeyValue("reason", now).log("no token of the pool's Secret can be accepted");
        }
        trouble = now;
    }

    private Map<String, Sha256> read() throws IOException {
        Map<String, Sha256> found = new TreeMap<>();
        for (Path file : files()) {
            String token = token(file);
            // Otherwise a request with an empty token would be that caller's.
            if (!token.isEmpty()) {
                found.put(file.getFileName().toString(), Sha256.of(token));
            }
        }
        return found;
    }

    /** Returns the files without the kubelet's own folders, whose names begin with two dots. */
    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(file -> !file.getFileName().toString().startsWith(".."))
                    .filter(Files::isRegularFile)
                    .limit(MOST_FILES)
                    .toList();
        }
    }

    private static String token(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LONGEST_TOKEN + 1);
            return bytes.length > LONGEST_TOKEN ? "" : new String(bytes, StandardCharsets.UTF_8).strip();
        }
    }
}
