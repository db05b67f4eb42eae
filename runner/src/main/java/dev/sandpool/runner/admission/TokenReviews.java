package dev.sandpool.runner.admission;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sandpool.runner.sandbox.TokenReviewer;
import dev.sandpool.runner.sandbox.TokenReviewer.NotReviewedException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
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
    private static final int MAX_REMEMBERED = 4096;
    // A positive result of this age is renewed when it is used.
    private static final Duration YES_IS_FRESH = Duration.ofSeconds(30);
    // A caller that was valid this recently does not wait behind callers that never were.
    private static final Duration PREFERRED_FOR = Duration.ofHours(1);
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
    // Two caches, so that invalid tokens displace only each other, never a valid one.
    private final Cache<Sha256, Valid> valid;
    private final Cache<Sha256, TokenVerdict> invalid;
    private final Set<Sha256> beingRenewed = ConcurrentHashMap.newKeySet();
    private final AtomicReference<String> lastTrouble = new AtomicReference<>("");

    private record Valid(TokenVerdict verdict, long askedAtNanos) {
        private boolean isYounger(Duration age, long nowNanos) {
            return nowNanos - askedAtNanos < age.toNanos();
        }
    }

    TokenReviews(TokenReviewer reviewer, List<String> audiences, LongSupplier nanoClock) {
        this.reviewer = reviewer;
        this.audiences = List.copyOf(audiences);
        this.nanoClock = nanoClock;
        this.unknown = new Admission(MOST_AT_ONCE, MOST_WAITING, LONGEST_WAIT);
        this.again = new Admission(MOST_AGAIN_AT_ONCE, MOST_WAITING, LONGEST_WAIT);
        this.valid = cache(PREFERRED_FOR, nanoClock);
        this.invalid = cache(NO_HOLDS, nanoClock);
    }

    private static <V> Cache<Sha256, V> cache(Duration holds, LongSupplier nanoClock) {
        return Caffeine.newBuilder()
                .maximumSize(MAX_REMEMBERED)
                .expireAfterWrite(holds)
                .ticker(nanoClock::getAsLong)
                .executor(Runnable::run) // a few entries at a time need no thread of their own
                .build();
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
        boolean wasValid = valid.getIfPresent(hash) != null;
        try (var turn = (wasValid ? again : unknown).draw(from)) {
            if (turn.await() != Admission.Place.ADMITTED) {
                return new TokenVerdict.Undecided("too many tokens are to be reviewed at once");
            }
            return recall(hash).orElseGet(() -> ask(hash, token));
        }
    }

    /** Renews the result in a thread of its own. The request does not wait for it. */
    private void renewInTime(Sha256 hash, String token, Caller from) {
        Valid found = valid.getIfPresent(hash);
        boolean isOld = found != null && !found.isYounger(YES_IS_FRESH, nanoClock.getAsLong());
        if (isOld && beingRenewed.add(hash)) {
            Thread.ofVirtual().name("token-renewal").start(() -> renew(hash, token, from));
        }
    }

    private void renew(Sha256 hash, String token, Caller from) {
        try (var turn = again.draw(from)) {
            if (turn.await() == Admission.Place.ADMITTED) {
                ask(hash, token);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            beingRenewed.remove(hash);
        }
    }

    private Optional<TokenVerdict> recall(Sha256 hash) {
        Valid found = valid.getIfPresent(hash);
        if (found != null) {
            return found.isYounger(YES_HOLDS, nanoClock.getAsLong()) ? Optional.of(found.verdict) : Optional.empty();
        }
        return Optional.ofNullable(invalid.getIfPresent(hash));
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

    private void remember(Sha256 hash, TokenVerdict verdict) {
        if (verdict instanceof TokenVerdict.Known) {
            valid.put(hash, new Valid(verdict, nanoClock.getAsLong()));
            invalid.invalidate(hash);
        } else {
            invalid.put(hash, verdict);
            valid.invalidate(hash);
        }
    }

    private void nowTrouble(String now) {
        if (!lastTrouble.getAndSet(now).equals(now) && !now.isEmpty()) {
            LOG.atError().addKeyValue("reason", now).log("the cluster does not review tokens");
        }
    }
}
