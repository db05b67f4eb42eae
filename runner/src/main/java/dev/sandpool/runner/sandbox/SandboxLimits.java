package dev.sandpool.runner.sandbox;

import java.time.Duration;
import java.util.Optional;

/**
 * The limits of a run in one sandbox. The constructor checks them, so that users of this record need not.
 *
 * @param fileBytes the total size of the working files
 * @param outputBytes the limit of each of the two output streams
 * @param memoryBytes the memory of the program, without the file that it is stored in
 * @param cpuTime the processor time of the program and its children together; empty: not limited
 * @param runTimeout the time from the start of the run in its sandbox to the result, upload included
 */
public record SandboxLimits(
        long binaryBytes,
        long fileBytes,
        long outputBytes,
        long memoryBytes,
        int pids,
        Optional<Duration> cpuTime,
        Duration runTimeout) {
    // The time that the interrupt and the kill take.
    private static final Duration TOO_SHORT_A_RUN = Duration.ofMillis(500);
    // The protocol has 32 bits for milliseconds, and an hour is long enough to wait for a response.
    private static final Duration LONGEST_RUN = Duration.ofHours(1);

    public SandboxLimits {
        atLeastOne("binaryBytes", binaryBytes);
        atLeastOne("outputBytes", outputBytes);
        atLeastOne("memoryBytes", memoryBytes);
        atLeastOne("pids", pids);
        if (fileBytes < 0) {
            throw new IllegalArgumentException("fileBytes " + fileBytes + " must not be negative");
        }
        cpuTime.filter(time -> !time.isPositive()).ifPresent(time -> {
            throw new IllegalArgumentException("cpuTime " + time + " must be positive");
        });
        if (runTimeout.compareTo(TOO_SHORT_A_RUN) <= 0 || runTimeout.compareTo(LONGEST_RUN) > 0) {
            throw new IllegalArgumentException("runTimeout " + runTimeout + " must be more than " + TOO_SHORT_A_RUN
                    + " and at most " + LONGEST_RUN);
        }
    }

    private static void atLeastOne(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " " + value + " must be at least 1");
        }
    }
}
