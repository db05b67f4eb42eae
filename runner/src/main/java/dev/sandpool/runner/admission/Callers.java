package dev.sandpool.runner.admission;

import dev.sandpool.crds.AuthenticationSpec;
import dev.sandpool.crds.CallersSpec;
import dev.sandpool.runner.sandbox.TokenReviewer;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Identifies the caller of a request: by its token, if the pool requires authentication; otherwise by the name from its
 * proxy, or by its address. Thread-safe.
 */
public final class Callers {
    private static final int LONGEST_TOKEN = 16 * 1024;
    // RFC 6750. The case of a scheme has no meaning.
    private static final Pattern BEARER =
            Pattern.compile("bearer +([\\w.~+/-]{1," + LONGEST_TOKEN + "}=*)", Pattern.CASE_INSENSITIVE);
    private static final String AUTHORIZATION = "Authorization";

    private final Means means;
    private volatile Rules rules = new Rules(CallersSpec.defaults(), AuthenticationSpec.defaults(), List.of());

    /**
     * What tokens are checked against.
     *
     * @param tokens the folder with the pool's own tokens, if there is one
     */
    public record Means(Optional<Path> tokens, TokenReviewer reviewer, LongSupplier nanoClock) {}

    private record Rules(CallersSpec callers, AuthenticationSpec authentication, List<TokenCheck> checks) {}

    /** The headers of a request. */
    public interface Headers {
        /** Returns the values of the header, whose name is case-insensitive; empty if there is none. */
        List<String> all(String name);
    }

    /** The result of an identification: the caller, or a rejection. */
    public sealed interface Identity {}

    /** The caller is known. */
    public record Identified(Caller caller) implements Identity {}

    /**
     * The request is not served.
     *
     * @param detail for the client
     */
    public record Rejected(Why why, String detail) implements Identity {}

    /** The reason why a request is not served. */
    public enum Why {
        /** The request has no valid token for this pool. */
        UNAUTHENTICATED,
        /** The token cannot be checked now. */
        UNDECIDED
    }

    public Callers(Means means) {
        this.means = means;
    }

    /** Applies new settings. Results of earlier checks are forgotten only if the valid tokens change. */
    public void apply(CallersSpec callers, AuthenticationSpec authentication) {
        Rules before = rules;
        rules = new Rules(
                callers,
                authentication,
                authentication.equals(before.authentication) ? before.checks : checks(authentication));
    }

    private List<TokenCheck> checks(AuthenticationSpec authentication) {
        List<TokenCheck> checks = new ArrayList<>();
        if (authentication.tokensSecret() != null) {
            checks.add(means.tokens
                    .<TokenCheck>map(folder -> new TokenFiles(folder, means.nanoClock))
                    .orElse((_, _) -> new TokenVerdict.Undecided("this runner has no folder with tokens")));
        }
        if (authentication.tokenReview() != null) {
            checks.add(new TokenReviews(
                    means.reviewer, authentication.tokenReview().audiences(), means.nanoClock));
        }
        return List.copyOf(checks);
    }

    /**
     * Identifies the caller of a request.
     *
     * @param peer the other end of the connection
     */
    public Identity identify(Headers headers, SocketAddress peer) throws InterruptedException {
        Rules now = rules;
        return now.checks.isEmpty()
                ? new Identified(unproved(headers, peer, now.callers))
                : proved(token(headers), Caller.ofAddress(peer), now.checks);
    }

    private static Caller unproved(Headers headers, SocketAddress peer, CallersSpec callers) {
        String header = callers.header();
        if (header == null) {
            return Caller.ofAddress(peer);
        }
        int proxies = Objects.requireNonNullElse(callers.trustedProxies(), 1);
        return ForwardedNames.of(headers.all(header), proxies)
                .map(Caller::ofHeader)
                .orElseGet(() -> Caller.ofAddress(peer));
    }

    private static Identity proved(Optional<String> token, Caller from, List<TokenCheck> checks)
            throws InterruptedException {
        if (token.isEmpty()) {
            return new Rejected(Why.UNAUTHENTICATED, "a bearer token is needed");
        }
        boolean decided = true;
        for (TokenCheck check : checks) {
            switch (check.check(token.get(), from)) {
                case TokenVerdict.Known known -> {
                    return new Identified(known.caller());
                }
                case TokenVerdict.Unknown _ -> {}
                case TokenVerdict.Undecided _ -> decided = false;
            }
        }
        return decided
                ? new Rejected(Why.UNAUTHENTICATED, "the bearer token is not known")
                : new Rejected(Why.UNDECIDED, "tokens cannot be checked now");
    }

    private static Optional<String> token(Headers headers) {
        List<String> values = headers.all(AUTHORIZATION);
        if (values.size() != 1) {
            return Optional.empty();
        }
        Matcher bearer = BEARER.matcher(values.getFirst());
        return bearer.matches() ? Optional.of(bearer.group(1)) : Optional.empty();
    }
}
