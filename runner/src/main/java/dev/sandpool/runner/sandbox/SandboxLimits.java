package dev.sandpool.runner.sandbox;

import java.time.Duration;

/**
 * What one runner's sandboxes may take, checked once so that nothing below has to.
 *
 * @param workers runs at once
 * @param warm sandboxes kept ready
 * @param outputBytes of each of a program's two streams
 * @param memoryBytes of the program, without the file that it lies in
 * @param runTimeout from the claim of a sandbox to the answer, upload included
 */
public record SandboxLimits(
        int workers,
        int warm,
        long binaryBytes,
        long outputBytes,
        long memoryBytes,
        int pids,
        Duration runTimeout,
        Duration startTimeout) {
    // Half a second goes to the interrupt and the kill; less than twice that leaves a program no time of its own.
    private static final Duration SHORTEST_RUN = Duration.ofSeconds(1);
    // The protocol counts milliseconds in 32 bits, and nobody waits an hour for an answer.
    private static final Duration LONGEST_RUN = Duration.ofHours(1);

    public SandboxLimits {
        atLeastOne("workers", workers);
        atLeastOne("warm", warm);
        atLeastOne("binaryBytes", binaryBytes);
        atLeastOne("outputBytes", outputBytes);
        atLeastOne("memoryBytes", memoryBytes);
        atLeastOne("pids", pids);
        if (runTimeout.compareTo(SHORTEST_RUN) < 0 || runTimeout.compareTo(LONGEST_RUN) > 0) {
            throw new IllegalArgumentException(
                    "runTimeout " + runTimeout + " must be from " + SHORTEST_RUN + " to " + LONGEST_RUN);
        }
        if (!startTimeout.isPositive()) {
            throw new IllegalArgumentException("startTimeout " + startTimeout + " must be positive");
        }
    }

    private static void atLeastOne(String name, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " " + value + " must be at least 1");
        }
    }
}
