package dev.sandpool.runner.sandbox;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The upper limits that a caller asks for. An empty limit means the limit of the sandbox. */
public record AskedLimits(
        Optional<Duration> runTimeout,
        Optional<Duration> cpuTime,
        OptionalLong memoryBytes,
        OptionalLong outputBytes,
        OptionalInt pids) {
    /** Asks for no limit. */
    public static final AskedLimits NONE = new AskedLimits(
            Optional.empty(), Optional.empty(), OptionalLong.empty(), OptionalLong.empty(), OptionalInt.empty());

    /** Returns these limits with {@code time} as the time limit. */
    public AskedLimits within(Duration time) {
        return new AskedLimits(Optional.of(time), cpuTime, memoryBytes, outputBytes, pids);
    }

    /** Returns the limits of the run. No limit is higher than what the sandbox allows. */
    public SandboxLimits within(SandboxLimits allowed) {
        return new SandboxLimits(
                allowed.binaryBytes(),
                allowed.fileBytes(),
                Math.min(outputBytes.orElse(Long.MAX_VALUE), allowed.outputBytes()),
                Math.min(memoryBytes.orElse(Long.MAX_VALUE), allowed.memoryBytes()),
                Math.min(pids.orElse(Integer.MAX_VALUE), allowed.pids()),
                shorter(cpuTime, allowed.cpuTime()),
                shorter(runTimeout, Optional.of(allowed.runTimeout())).orElseThrow());
    }

    private static Optional<Duration> shorter(Optional<Duration> one, Optional<Duration> other) {
        if (one.isEmpty() || other.isEmpty()) {
            return one.or(() -> other);
        }
        return one.get().compareTo(other.get()) < 0 ? one : other;
    }
}
