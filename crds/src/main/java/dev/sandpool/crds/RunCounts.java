package dev.sandpool.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * Runs by their end.
 *
 * @param total All runs that were answered.
 * @param failed The runs that failed through no fault of the program: no sandbox in time, or a lost sandbox.
 * @param timedOut The runs whose program reached its time limit.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record RunCounts(long total, long failed, long timedOut) {
    public static final RunCounts NONE = new RunCounts(0, 0, 0);

    public RunCounts plus(RunCounts other) {
        return new RunCounts(total + other.total, failed + other.failed, timedOut + other.timedOut);
    }
}
