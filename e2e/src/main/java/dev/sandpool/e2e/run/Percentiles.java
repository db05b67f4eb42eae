package dev.sandpool.e2e.run;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Percentiles of latencies in milliseconds. */
public record Percentiles(double min, double median, double p95, double p99, int count) {
    public static Percentiles of(List<Double> millis) {
        double[] sorted = millis.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return new Percentiles(at(sorted, 0), at(sorted, 0.5), at(sorted, 0.95), at(sorted, 0.99), sorted.length);
    }

    /** Returns the nearest rank: without interpolation, so each percentile was measured. */
    private static double at(double[] sorted, double quantile) {
        if (sorted.length == 0) {
            return Double.NaN;
        }
        int rank = (int) Math.ceil(quantile * sorted.length) - 1;
        return sorted[Math.clamp(rank, 0, sorted.length - 1)];
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT, "min %6.1f  median %6.1f  p95 %6.1f  p99 %6.1f ms  (n=%d)", min, median, p95, p99, count);
    }
}
