package dev.sandpool.runner.admission;

/** Knows some tokens. Keeps no token, and logs none. */
interface TokenCheck {
    /**
     * Says whose it is.
     *
     * @param from where it was sent from: made-up tokens from one address delay nobody else's
     */
    TokenVerdict check(String token, Caller from) throws InterruptedException;
}
