package dev.sandpool.runner.admission;

/** The result of the check of a bearer token. */
sealed interface TokenVerdict {
    record Known(Caller caller) implements TokenVerdict {}

    record Unknown() implements TokenVerdict {}

    /** The token cannot be checked now, so the request is not served. */
    record Undecided(String why) implements TokenVerdict {}
}
