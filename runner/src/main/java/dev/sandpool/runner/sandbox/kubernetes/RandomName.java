package dev.sandpool.runner.sandbox.kubernetes;

import java.security.SecureRandom;

/** Random names that cannot be guessed and do not collide. */
final class RandomName {
    // Lower-case letters and digits that are easy to tell apart, the same that Kubernetes uses in generated names.
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
