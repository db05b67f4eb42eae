package dev.sandpool.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * Runs by how they ended.
 *
 * @param total All that were answered.
 * @param failed Of these, those that failed through no fault of the program: no sandbox in time, or one that was lost.
 * @param timedOut Of these, those whose program was ended because its time was up.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record RunCounts(long total, long failed, long timedOut) {
    public static final RunCounts NONE = new RunCounts(0, 0, 0);

    public RunCounts plus(RunCounts other) {
        return new RunCounts(total + other.total, failed + other.failed, timedOut + other.timedOut);
    }
}
