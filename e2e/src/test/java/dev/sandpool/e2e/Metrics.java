package dev.sandpool.e2e;

/** Reads single samples from a page in Prometheus' text format. */
final class Metrics {
    private Metrics() {}

    /** The sum of all samples of a series: a name, which has all labels, or a name with its first labels. */
    static double sum(String page, String series) {
        boolean hasLabels = series.endsWith("}");
        String begin = hasLabels ? series.substring(0, series.length() - 1) : series;
        return page.lines()
                .filter(line -> line.startsWith(begin))
                .filter(line -> (hasLabels ? ",}" : "{ ").indexOf(line.charAt(begin.length())) >= 0)
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
