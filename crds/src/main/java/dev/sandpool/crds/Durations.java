package dev.sandpool.crds;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as pools write them: {@code 500ms}, {@code 5s}, {@code 2m}, {@code 1h}. */
public final class Durations {
    /** What the API server accepts. At most six digits, so that no unit overflows, in its rules neither, which count nanoseconds. */
    static final String PATTERN = "^[0-9]{1,6}(ms|s|m|h)$";

    static final int LONGEST_TEXT = 8;

    /**
     * A rule of the API server: {@code AT_LEAST + "1s" + AND_AT_MOST + "1h" + RULE_END}. It is silent about what is no duration, of which the
     * pattern speaks.
     */
    static final String AT_LEAST = "!self.matches('" + PATTERN + "') || (duration(self) >= duration('";

    static final String AND_AT_MOST = "') && duration(self) <= duration('";
    static final String RULE_END = "'))";

    private static final Pattern TEXT = Pattern.compile("([0-9]{1,6})(ms|s|m|h)");

    private Durations() {}

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException for what is not such a text
     */
    public static Duration parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("\"" + text + "\" is not a duration such as 500ms, 5s, 2m or 1h");
        }
        long count = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(count);
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            default -> Duration.ofHours(count);
        };
    }

    /** @throws IllegalArgumentException if the text is no duration, or one that is not positive */
    static void checkPositive(String field, String text) {
        if (!parse(text).isPositive()) {
            throw new IllegalArgumentException(field + " " + text + " must be positive");
        }
    }
}
