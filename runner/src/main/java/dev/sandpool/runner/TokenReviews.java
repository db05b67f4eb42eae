package dev.sandpool.runner;

import dev.sandpool.runner.sandbox.TokenReviewer;
import dev.sandpool.runner.sandbox.TokenReviewer.NotReviewedException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokens that the cluster itself has issued. What it said of a token holds for a while, so that a run does not cost a call of the API
 * server; and however many unknown ones are tried, only a few are asked about at once.
 */
final class TokenReviews implements TokenCheck {
    private static final Logger LOG = LoggerFactory.getLogger(TokenReviews.class);

    private static final Duration YES_HOLDS = Duration.ofMinutes(1);
    private static final Duration NO_HOLDS = Duration.ofSeconds(5);
    private static final int MOST_REMEMBERED = 4096;
    private static final int MOST_AT_ONCE = 4;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);
    // What the cluster issues are JWTs. It need not be bothered with anything else.
    private static final Pattern JWT = Pattern.compile("[\\w-]+\\.[\\w-]+\\.[\\w-]+");

    private final TokenReviewer reviewer;
    private final List<String> audiences;
    private final LongSupplier nanoClock;
    private final Semaphore asking = new Semaphore(MOST_AT_ONCE);
    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock; in the order in which they were asked about.
    private final Map<Sha256, Remembered> remembered = new LinkedHashMap<>();
    private String lastTrouble = "";

    private record Remembered(TokenVerdict verdict, long untilNanos) {}

    TokenReviews(TokenReviewer reviewer, List<String> audiences, LongSupplier nanoClock) {
        this.reviewer = reviewer;
        this.audiences = List.copyOf(audiences);
        this.nanoClock = nanoClock;
    }

    @Override
    public TokenVerdict check(String token) throws InterruptedException {
        if (!JWT.matcher(token).matches()) {
            return new TokenVerdict.Unknown();
        }
        Sha256 hash = Sha256.of(token);
        Optional<TokenVerdict> known = recall(hash);
        if (known.isPresent()) {
            return known.get();
        }
        if (!asking.tryAcquire(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
            return new TokenVerdict.Undecided("too many tokens are to be reviewed at once");
        }
        try {
            return recall(hash).orElseGet(() -> ask(hash, token));
        } finally {
            asking.release();
        }
    }

    private Optional<TokenVerdict> recall(Sha256 hash) {
        lock.lock();
        try {
            Remembered found = remembered.get(hash);
            return found == null || found.untilNanos - nanoClock.getAsLong() <= 0
                    ? Optional.empty()
                    : Optional.of(found.verdict);
        } finally {
            lock.unlock();
        }
    }

    private TokenVerdict ask(Sha256 hash, String token) {
        try {
            Optional<TokenVerdict> known =
                    reviewer.review(token, audiences).map(user -> new TokenVerdict.Known(Caller.ofUser(user)));
            TokenVerdict verdict = known.orElseGet(TokenVerdict.Unknown::new);
            remember(hash, verdict, known.isPresent() ? YES_HOLDS : NO_HOLDS);
            nowTrouble("");
            return verdict;
        } catch (NotReviewedException e) {
            String why = String.valueOf(e.getMessage());
            nowTrouble(why);
            return new TokenVerdict.Undecided(why);
        }
    }

    private void remember(Sha256 hash, TokenVerdict verdict, Duration holds) {
        lock.lock();
        try {
            remembered.remove(hash);
            remembered.put(hash, new Remembered(verdict, nanoClock.getAsLong() + holds.toNanos()));
            if (remembered.size() > MOST_REMEMBERED) {
                remembered.remove(remembered.keySet().iterator().next());
            }
        } finally {
            lock.unlock();
        }
    }

    private void nowTrouble(String now) {
        lock.lock();
        try {
            if (!now.isEmpty() && !now.equals(lastTrouble)) {
                LOG.atError().addKeyValue("reason", now).log("the cluster does not say whose tokens are");
            }
            lastTrouble = now;
        } finally {
            lock.unlock();
        }
    }
}
