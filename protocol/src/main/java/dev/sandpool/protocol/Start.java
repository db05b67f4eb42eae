package dev.sandpool.protocol;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * Begins a run.
 *
 * @param arguments without {@code argv[0]}
 * @param environment each {@code NAME=value}; the program gets these and no others
 */
public record Start(Limits limits, List<Bytes> arguments, List<Bytes> environment) implements Frame.Down {
    /**
     * What the run may use.
     *
     * @param interruptAfter SIGINT comes so long after START was read; whole milliseconds, the rest is cut off
     * @param killAfter everything is killed so long after START was read
     * @param programBytes the most that PROGRAM frames may add up to
     * @param outputBytes the most bytes of each of the two output streams
     * @param memoryBytes 0: not watched
     */
    public record Limits(
            Duration interruptAfter,
            Duration killAfter,
            long programBytes,
            long outputBytes,
            long memoryBytes,
            ResourceLimits resources) {
        public Limits {
            interruptAfter = interruptAfter.truncatedTo(ChronoUnit.MILLIS);
            killAfter = killAfter.truncatedTo(ChronoUnit.MILLIS);
            Unsigned.requireU32("interruptAfter", interruptAfter.toMillis());
            Unsigned.requireU32("killAfter", killAfter.toMillis());
            Unsigned.requireU64("programBytes", programBytes);
            Unsigned.requireU64("outputBytes", outputBytes);
            Unsigned.requireU64("memoryBytes", memoryBytes);
            if (killAfter.compareTo(interruptAfter) < 0) {
                throw new IllegalArgumentException(
                        "killAfter " + killAfter + " is before interruptAfter " + interruptAfter);
            }
        }
    }

    /** What {@code setrlimit} gets: {@code RLIMIT_NPROC}, {@code RLIMIT_NOFILE} and {@code RLIMIT_FSIZE}. */
    public record ResourceLimits(long maxProcesses, long maxOpenFiles, long maxFileBytes) {
        public ResourceLimits {
            Unsigned.requireU32("maxProcesses", maxProcesses);
            Unsigned.requireU32("maxOpenFiles", maxOpenFiles);
            Unsigned.requireU64("maxFileBytes", maxFileBytes);
        }
    }

    /** Everything but the arguments and the environment. */
    static final int FIXED_BYTES = 53;

    public Start {
        arguments = List.copyOf(arguments);
        environment = List.copyOf(environment);
        long size = (long) FIXED_BYTES + sizeOf("argument", arguments) + sizeOf("environment variable", environment);
        if (size > Protocol.MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException("arguments and environment take " + (size - FIXED_BYTES)
                    + " bytes, 2 for each one's length included, and at most "
                    + (Protocol.MAX_PAYLOAD_BYTES - FIXED_BYTES) + " fit into START");
        }
    }

    /** With arguments and environment as UTF-8. */
    public static Start of(Limits limits, List<String> arguments, List<String> environment) {
        return new Start(
                limits,
                arguments.stream().map(Bytes::utf8).toList(),
                environment.stream().map(Bytes::utf8).toList());
    }

    private static long sizeOf(String what, List<Bytes> strings) {
        long size = 0;
        for (int i = 0; i < strings.size(); i++) {
            if (strings.get(i).contains((byte) 0)) {
                throw new IllegalArgumentException(what + " " + (i + 1) + " contains a NUL byte");
            }
            size += 2 + strings.get(i).size();
        }
        return size;
    }
}
