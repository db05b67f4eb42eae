package dev.sandpool.runner.http;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** What kinds of answer a client takes, as RFC 9110 has it; what is no media range in it counts for nothing. */
public final class AcceptHeader {
    private static final Pattern QUALITY = Pattern.compile("0?\\.[0-9]+|0\\.?|1(\\.0*)?");
    private static final Pattern RANGE = Pattern.compile("[^\\s/;,]+/[^\\s/;,]+");
    private static final String ANY = "*/*";

    private AcceptHeader() {}

    /**
     * The one of some media types that suits best.
     *
     * @param header all lines of it; without any, or with nothing in it, everything suits
     * @param offered in lower case; of two that suit as well the first is taken
     */
    public static Optional<String> best(List<String> header, List<String> offered) {
        List<String> elements = header.stream()
                .flatMap(line -> Pattern.compile(",").splitAsStream(line))
                .map(element -> element.strip().toLowerCase(Locale.ROOT))
                .filter(element -> !element.isEmpty())
                .toList();
        if (elements.isEmpty()) {
            return Optional.of(offered.getFirst());
        }
        List<Range> ranges =
                elements.stream().map(Range::parse).flatMap(Optional::stream).toList();
        String best = null;
        double bestQuality = 0;
        for (String type : offered) {
            double quality = quality(type, ranges);
            if (quality > bestQuality) {
                best = type;
                bestQuality = quality;
            }
        }
        return Optional.ofNullable(best);
    }

    /** By the most specific range that it is in. */
    private static double quality(String type, List<Range> ranges) {
        int closest = 0;
        double quality = 0;
        for (Range range : ranges) {
            int closeness = range.closeness(type);
            if (closeness > closest || (closeness == closest && closeness > 0 && range.quality > quality)) {
                closest = closeness;
                quality = range.quality;
            }
        }
        return quality;
    }

    /** A media type, all of one kind ({@code text/*}), or all. */
    private record Range(String name, double quality) {
        static Optional<Range> parse(String element) {
            String[] parts = element.split(";", -1);
            String name = parts[0].strip();
            if (name.equals("*")) { // what Java's HttpURLConnection sends
                name = ANY;
            }
            if (!RANGE.matcher(name).matches()) {
                return Optional.empty();
            }
            double quality = 1;
            for (int i = 1; i < parts.length; i++) {
                String parameter = parts[i].strip();
                if (parameter.startsWith("q=")) {
                    String value = parameter.substring(2);
                    if (!QUALITY.matcher(value).matches()) {
                        return Optional.empty();
                    }
                    quality = Double.parseDouble(value);
                }
            }
            return Optional.of(new Range(name, quality));
        }

        /** 3 is the type itself, 0 is another one. */
        int closeness(String type) {
            if (name.equals(type)) {
                return 3;
            }
            if (name.equals(type.substring(0, type.indexOf('/')) + "/*")) {
                return 2;
            }
            return name.equals(ANY) ? 1 : 0;
        }
    }
}
