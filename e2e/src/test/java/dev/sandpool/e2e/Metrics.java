package dev.sandpool.e2e;

/** Reads single samples from a page in Prometheus' text format. */
final class Metrics {
    private Metrics() {}

    /** The sum of all samples whose series begins so: a name, or a name with its first labels. */
    static double sum(String page, String series) {
        String begin = series.endsWith("}") ? series.substring(0, series.length() - 1) : series;
        return page.lines()
                .filter(line -> line.startsWith(begin))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
