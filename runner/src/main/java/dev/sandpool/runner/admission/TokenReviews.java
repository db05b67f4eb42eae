package dev.sandpool.runner.admission;

import dev.sandpool.runner.sandbox.TokenReviewer;
import dev.sandpool.runner.sandbox.TokenReviewer.NotReviewedException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks tokens that the cluster has issued. A result is cached for a while, so that a run does not cost a call to the
 * API server. Only a few unknown tokens are reviewed at once, in turn between the addresses that sent them. A valid
 * token is reviewed again before its result expires, with permits of its own and without a wait for its request.
 */
final class TokenReviews implements TokenCheck {
    private static final Logger LOG = LoggerFactory.getLogger(TokenReviews.class);

    private static final Duration YES_HOLDS = Duration.ofMinutes(1);
    private static final Duration NO_HOLDS = Duration.ofSeconds(5);
    private static final int MOST_REMEMBERED = 4096;
    // A positive result of this age is renewed when it is used.
    private static final Duration YES_IS_FRESH = Duration.ofSeconds(30);
    // A caller that was valid this recently does not wait behind callers that never were.
    private static final Duration GOOD_ONES_ARE_PREFERRED = Duration.ofHours(1);
    private static final int MOST_AT_ONCE = 4;
    private static final int MOST_AGAIN_AT_ONCE = 4;
    // If a review takes 10 ms, this many are done in less than a second.
    private static final int MOST_WAITING = 256;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);
    // The cluster issues JWTs, so other tokens need no review.
    private static final Pattern JWT = Pattern.compile("[\\w-]+\\.[\\w-]+\\.[\\w-]+");

    private final TokenReviewer reviewer;
    private final List<String> audiences;
    private final LongSupplier nanoClock;
    private final Admission unknown;
    private final Admission again;
    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock. In the order in which they were reviewed.
    private final Map<Sha256, Remembered> goodOnes = new LinkedHashMap<>();
    private final Map<Sha256, Remembered> badOnes = new LinkedHashMap<>();
    private String lastTrouble = "";

    private final Set<Sha256> beingRenewed = new HashSet<>();

    private record Remembered(TokenVerdict verdict, long askedAtNanos) {
        private long age(long nowNanos) {
            return nowNanos - askedAtNanos;
        }

        private boolean isGood() {
            return verdict instanceof TokenVerdict.Known;
        }

        private boolean holds(long nowNanos) {
            return age(nowNanos) < (isGood() ? YES_HOLDS : NO_HOLDS).toNanos();
        }
    }

    TokenReviews(TokenReviewer reviewer, List<String> audiences, LongSupplier nanoClock) {
        this.reviewer = reviewer;
        this.audiences = List.copyOf(audiences);
        this.nanoClock = nanoClock;
        this.unknown = new Admission(MOST_AT_ONCE, MOST_WAITING, LONGEST_WAIT);
        this.again = new Admission(MOST_AGAIN_AT_ONCE, MOST_WAITING, LONGEST_WAIT);
    }

    @Override
    public TokenVerdict check(String token, Caller from) throws InterruptedException {
        if (!JWT.matcher(token).matches()) {
            return new TokenVerdict.Unknown();
        }
        Sha256 hash = Sha256.of(token);
        Optional<TokenVerdict> known = recall(hash);
        if (known.isPresent()) {
            renewInTime(hash, token, from);
            return known.get();
        }
        return askInTurn(hash, token, from);
    }

    private TokenVerdict askInTurn(Sha256 hash, String token, Caller from) throws InterruptedException {
        try (var turn = (wasGood(hash) ? again : unknown).draw(from)) {
            if (turn.await() != Admission.Place.ADMITTED) {
                return new TokenVerdict.Undecided("too many tokens are to be reviewed at once");
            }
            return recall(hash).orElseGet(() -> ask(hash, token));
        }
    }

    /** Renews the result in a thread of its own. The request does not wait for it. */
    private void renewInTime(Sha256 hash, String token, Caller from) {
        lock.lock();
        try {
            Remembered found = find(hash);
            boolean isOld =
                    found != null && found.isGood() && found.age(nanoClock.getAsLong()) >= YES_IS_FRESH.toNanos();
            if (!isOld || !beingRenewed.add(hash)) {
                return;
            }
        } finally {
            lock.unlock();
        }
        Thread.ofVirtual().name("token-renewal").start(() -> renew(hash, token, from));
    }

    private void renew(Sha256 hash, String token, Caller from) {
        try (var turn = again.draw(from)) {
            if (turn.await() == Admission.Place.ADMITTED) {
                ask(hash, token);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.lock();
            try {
                beingRenewed.remove(hash);
            } finally {
                lock.unlock();
            }
        }
    }

    private Optional<TokenVerdict> recall(Sha256 hash) {
        lock.lock();
        try {
            Remembered found = find(hash);
            return found != null && found.holds(nanoClock.getAsLong()) ? Optional.of(found.verdict) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    private boolean wasGood(Sha256 hash) {
        lock.lock();
        try {
            Remembered found = find(hash);
            return found != null
                    && found.isGood()
                    && found.age(nanoClock.getAsLong()) < GOOD_ONES_ARE_PREFERRED.toNanos();
        } finally {
            lock.unlock();
        }
    }

    private TokenVerdict ask(Sha256 hash, String token) {
        try {
            Optional<TokenVerdict> known =
                    reviewer.review(token, audiences).map(user -> new TokenVerdict.Known(Caller.ofUser(user)));
            TokenVerdict verdict = known.orElseGet(TokenVerdict.Unknown::new);
            remember(hash, verdict);
            nowTrouble("");
            return verdict;
        } catch (NotReviewedException e) {
            String why = String.valueOf(e.getMessage());
            nowTrouble(why);
            return new TokenVerdict.Undecided(why);
        }
    }

    /** Stores a result. Invalid tokens displace only each other, never a valid one. */
    private void remember(Sha256 hash, TokenVerdict verdict) {
        lock.lock();
        try {
            var now = new Remembered(verdict, nanoClock.getAsLong());
            goodOnes.remove(hash);
            badOnes.remove(hash);
            Map<Sha256, Remembered> kind = now.isGood() ? goodOnes : badOnes;
            kind.put(hash, now);
            if (kind.size() > MOST_REMEMBERED) {
                kind.remove(kind.keySet().iterator().next());
            }
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Remembered find(Sha256 hash) {
        Remembered good = goodOnes.get(hash);
        return good == null ? badOnes.get(hash) : good;
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
