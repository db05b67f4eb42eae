package dev.sandpool.runner.sandbox.kubernetes;

import java.security.SecureRandom;

/** Names that nobody guesses and nobody else has. */
final class RandomName {
    // Small letters and digits that nobody takes for one another, as Kubernetes itself uses in generated names.
    private static final String LETTERS = "bcdfghjklmnpqrstvwxz2456789";
    private static final int LENGTH = 10;
    private static final SecureRandom RANDOM = new SecureRandom();

    private RandomName() {}

    static String next() {
        return next(LENGTH);
    }

    static String next(int length) {
        StringBuilder name = new StringBuilder();
        RANDOM.ints(length, 0, LETTERS.length()).forEach(i -> name.append(LETTERS.charAt(i)));
        return name.toString();
    }
}
