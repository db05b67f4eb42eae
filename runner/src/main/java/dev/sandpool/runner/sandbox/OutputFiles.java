package dev.sandpool.runner.sandbox;

import dev.sandpool.protocol.FilePattern;
import dev.sandpool.protocol.Frame;
import java.time.Duration;
import java.util.List;

/** The files that a caller wants back from the program's folder. */
public record OutputFiles(List<FilePattern> patterns) {
    /** Wants no files. */
    public static final OutputFiles NONE = new OutputFiles(List.of());

    // The largest total that a pool can allow, 64 MiB, takes 2 s on its way through the API server.
    private static final Duration COLLECT_TIME = Duration.ofSeconds(3);
    // contained stops first, and its report still has to arrive.
    private static final Duration REPORT_TIME = Duration.ofSeconds(1);
    /** The longest {@link #time} of any run. */
    public static final Duration LONGEST_TIME = COLLECT_TIME.plus(REPORT_TIME);

    public OutputFiles {
        patterns = List.copyOf(patterns);
        if (!patterns.isEmpty()) {
            var _ = new Frame.Collect(COLLECT_TIME, 0, patterns);
        }
    }

    /**
     * Creates the wish of a caller.
     *
     * @throws IllegalArgumentException with the rule that a pattern breaks, or all of them together
     */
    public static OutputFiles of(List<String> patterns) {
        return new OutputFiles(patterns.stream().map(FilePattern::new).toList());
    }

    public boolean isEmpty() {
        return patterns.isEmpty();
    }

    /** Returns the request to contained. Not if there are no patterns. */
    public Frame.Collect request(long mostBytes) {
        return new Frame.Collect(COLLECT_TIME, mostBytes, patterns);
    }

    /** Returns how much later than its time limit a run with these files may be answered. */
    public Duration time() {
        return isEmpty() ? Duration.ZERO : LONGEST_TIME;
    }

    /** Returns whether the caller wants the file. */
    public boolean include(String path) {
        return patterns.stream().anyMatch(pattern -> pattern.matches(path));
    }
}
