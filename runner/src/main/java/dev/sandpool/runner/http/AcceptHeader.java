package dev.sandpool.runner.http;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The media types that a client accepts, as defined by RFC 9110. Invalid media ranges are ignored. */
public final class AcceptHeader {
    private static final Pattern QUALITY = Pattern.compile("0?\\.[0-9]+|0\\.?|1(\\.0*)?");
    private static final Pattern RANGE = Pattern.compile("[^\\s/;,]+/[^\\s/;,]+");
    private static final String ANY = "*/*";

    private AcceptHeader() {}

    /**
     * Returns the media type that suits best; empty if none is accepted.
     *
     * @param header all lines of the header; if there are none, or they are empty, every type is accepted
     * @param offered the offered types in lower case; among equally good ones the first is chosen
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

    /** Returns the quality from the most specific range that contains the type. */
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

    /** A range: one media type, all of one kind ({@code text/*}), or all. */
    private record Range(String name, double quality) {
        static Optional<Range> parse(String element) {
            String[] parts = element.split(";", -1);
            String name = parts[0].strip();
            if (name.equals("*")) { // Java's HttpURLConnection sends this
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

        /** Returns how specific the range is for the type: 3 is the type itself, 0 is no match. */
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
