package dev.sandpool.runner.sandbox;

import java.time.Duration;
import java.util.Optional;

/**
 * What a run in one sandbox may take, checked once so that nothing below has to.
 *
 * @param fileBytes of the working files beside a program
 * @param outputBytes of each of a program's two streams
 * @param memoryBytes of the program, without the file that it lies in
 * @param cpuTime of the program and its children together; empty: not limited
 * @param runTimeout from the claim of a sandbox to the answer, upload included
 */
public record SandboxLimits(
        long binaryBytes,
        long fileBytes,
        long outputBytes,
        long memoryBytes,
        int pids,
        Optional<Duration> cpuTime,
        Duration runTimeout) {
    // So much goes to the interrupt and the kill.
    private static final Duration TOO_SHORT_A_RUN = Duration.ofMillis(500);
    // The protocol counts milliseconds in 32 bits, and nobody waits an hour for an answer.
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
