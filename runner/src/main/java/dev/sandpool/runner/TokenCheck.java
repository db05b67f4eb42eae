package dev.sandpool.runner;

/** Knows some tokens. Keeps no token, and logs none. */
interface TokenCheck {
    TokenVerdict check(String token) throws InterruptedException;
}
