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
public record Start(Flags flags, Limits limits, List<Bytes> arguments, List<Bytes> environment) implements Frame.Down {
    /**
     * What else the runner wants.
     *
     * @param reuse after EXIT the sandbox proves itself clean and greets again, instead of ending
     * @param zstd output may come compressed; only of a contained whose HELLO says that it knows how
     */
    public record Flags(boolean reuse, boolean zstd) {
        public static final Flags NONE = new Flags(false, false);

        int bits() {
            return (reuse ? Protocol.FLAG_REUSE : 0) | (zstd ? Protocol.FLAG_ZSTD : 0);
        }
    }

    /** What the run may use. */
    public record Limits(Times times, Sizes sizes, ResourceLimits resources) {}

    /**
     * How long it may take; each in whole milliseconds.
     *
     * @param interruptAfter SIGINT comes so long after START was read; the rest of a millisecond is cut off
     * @param killAfter everything is killed so long after START was read; the rest is cut off
     * @param cpu the most CPU time, in user mode and in the kernel, of the program and all its descendants together; zero:
     *     not limited. The rest of a millisecond is rounded up, so that no limit becomes none
     */
    public record Times(Duration interruptAfter, Duration killAfter, Duration cpu) {
        public Times {
            interruptAfter = interruptAfter.truncatedTo(ChronoUnit.MILLIS);
            killAfter = killAfter.truncatedTo(ChronoUnit.MILLIS);
            cpu = cpu.plusNanos(999_999).truncatedTo(ChronoUnit.MILLIS);
            Unsigned.requireU32("interruptAfter", interruptAfter.toMillis());
            Unsigned.requireU32("killAfter", killAfter.toMillis());
            Unsigned.requireU32("cpu", cpu.toMillis());
            if (killAfter.compareTo(interruptAfter) < 0) {
                throw new IllegalArgumentException(
                        "killAfter " + killAfter + " is before interruptAfter " + interruptAfter);
            }
        }
    }

    /**
     * How large it may become.
     *
     * @param programBytes the most that the program may have, whichever frames bring it
     * @param keepBytes the most that a program may have to be kept for the next run; 0: none is
     * @param fileBytes the most that FILE_DATA frames may add up to
     * @param outputBytes the most bytes of each of the two output streams
     * @param memoryBytes 0: not watched
     */
    public record Sizes(long programBytes, long keepBytes, long fileBytes, long outputBytes, long memoryBytes) {
        public Sizes {
            Unsigned.requireU64("programBytes", programBytes);
            Unsigned.requireU64("keepBytes", keepBytes);
            Unsigned.requireU64("fileBytes", fileBytes);
            Unsigned.requireU64("outputBytes", outputBytes);
            Unsigned.requireU64("memoryBytes", memoryBytes);
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
    static final int FIXED_BYTES = 73;

    public Start {
        arguments = List.copyOf(arguments);
        environment = List.copyOf(environment);
        long size = FIXED_BYTES
                + Bytes.sizeOfStrings("argument", arguments)
                + Bytes.sizeOfStrings("environment variable", environment);
        if (size > Protocol.MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException("arguments and environment take " + (size - FIXED_BYTES)
                    + " bytes, 2 for each one's length included, and at most "
                    + (Protocol.MAX_PAYLOAD_BYTES - FIXED_BYTES) + " fit into START");
        }
    }

    /** For a single run, with arguments and environment as UTF-8. */
    public static Start of(Limits limits, List<String> arguments, List<String> environment) {
        return new Start(
                Flags.NONE,
                limits,
                arguments.stream().map(Bytes::utf8).toList(),
                environment.stream().map(Bytes::utf8).toList());
    }
}
