package dev.sandpool.runner.admission;

/** What is known of a bearer token. */
sealed interface TokenVerdict {
    record Known(Caller caller) implements TokenVerdict {}

    record Unknown() implements TokenVerdict {}

    /** Nobody can say now, so nobody gets in. */
    record Undecided(String why) implements TokenVerdict {}
}
