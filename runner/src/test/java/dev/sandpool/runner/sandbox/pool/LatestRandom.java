package dev.sandpool.runner.sandbox.pool;

import java.util.random.RandomGenerator;

/** Always the longest delay that jitter allows, so that a test knows it. */
final class LatestRandom implements RandomGenerator {
    @Override
    public long nextLong() {
        throw new UnsupportedOperationException();
    }

    @Override
    public long nextLong(long bound) {
        return bound - 1;
    }
}
