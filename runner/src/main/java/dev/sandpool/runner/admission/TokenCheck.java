package dev.sandpool.runner.admission;

/** Checks one kind of tokens. It stores no token, and logs none. */
interface TokenCheck {
    /**
     * Checks a token.
     *
     * @param from the sender's address: invalid tokens from one address do not delay other addresses
     */
    TokenVerdict check(String token, Caller from) throws InterruptedException;
}
