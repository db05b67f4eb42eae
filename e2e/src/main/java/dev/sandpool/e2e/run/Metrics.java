package dev.sandpool.e2e.run;

/** Reads samples from a page in Prometheus' text format. */
public final class Metrics {
    private Metrics() {}

    /** Sums the samples of a series: of a name with any labels, or of a name with its first labels. */
    public static double sum(String page, String series) {
        boolean hasLabels = series.endsWith("}");
        String begin = hasLabels ? series.substring(0, series.length() - 1) : series;
        return page.lines()
                .filter(line -> line.startsWith(begin))
                .filter(line -> (hasLabels ? ",}" : "{ ").indexOf(line.charAt(begin.length())) >= 0)
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
