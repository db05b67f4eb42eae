package dev.sandpool.runner.dashboard;

import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.random.RandomGenerator;

/**
 * Percentiles of many values from a bounded sample: exact while there are few values, then from a uniform random
 * choice.
 */
final class Sample {
    static final int MOST = 512;

    private double[] values = new double[8];
    private int seen;

    void add(double value) {
        seen++;
        if (seen <= MOST) {
            if (seen > values.length) {
                values = Arrays.copyOf(values, Math.min(2 * values.length, MOST));
            }
            values[seen - 1] = value;
            return;
        }
        // Reservoir sampling: each value has the same chance to be in the sample.
        int place = RandomGenerator.getDefault().nextInt(seen);
        if (place < MOST) {
            values[place] = value;
        }
    }

    /**
     * Returns the smallest value that at least {@code percent} percent of the values do not exceed; empty without
     * values.
     */
    OptionalDouble percentile(int percent) {
        int kept = Math.min(seen, MOST);
        if (kept == 0) {
            return OptionalDouble.empty();
        }
        double[] sorted = Arrays.copyOf(values, kept);
        Arrays.sort(sorted);
        return OptionalDouble.of(sorted[Math.max((kept * percent + 99) / 100, 1) - 1]);
    }
}
