package dev.sandpool.protocol;

import java.time.Duration;
import java.time.temporal.ChronoUnit;

/**
 * How the run ended, in contained's words: nothing in it is proved.
 *
 * @param exitCode 0 unless the outcome is {@link ExitOutcome#EXITED}
 * @param signal 0 unless the outcome is {@link ExitOutcome#SIGNALLED}
 * @param message empty unless the outcome is one of those that have an error to tell
 */
public record Exit(
        ExitOutcome outcome, int exitCode, int signal, Usage usage, Tally stdout, Tally stderr, String message)
        implements Frame.Up {
    /**
     * What the program used.
     *
     * @param wall from {@code execve} to its end; whole microseconds as the others, the rest is cut off
     * @param user CPU time of the program and of all it waited for
     * @param system the same in the kernel
     */
    public record Usage(Duration wall, Duration user, Duration system, long peakMemoryBytes) {
        public static final Usage NONE = new Usage(Duration.ZERO, Duration.ZERO, Duration.ZERO, 0);

        public Usage {
            wall = wall.truncatedTo(ChronoUnit.MICROS);
            user = user.truncatedTo(ChronoUnit.MICROS);
            system = system.truncatedTo(ChronoUnit.MICROS);
            Unsigned.requireU64("wall", micros(wall));
            Unsigned.requireU64("user", micros(user));
            Unsigned.requireU64("system", micros(system));
            Unsigned.requireU64("peakMemoryBytes", peakMemoryBytes);
        }

        static long micros(Duration duration) {
            try {
                return Math.addExact(Math.multiplyExact(duration.getSeconds(), 1_000_000L), duration.getNano() / 1000);
            } catch (ArithmeticException e) {
                throw new IllegalArgumentException(duration + " does not fit into microseconds", e);
            }
        }
    }

    /** What went out on one of the program's output streams; the CRC is that of {@link java.util.zip.CRC32}. */
    public record Tally(long bytes, long crc) {
        public static final Tally NONE = new Tally(0, 0);

        public Tally {
            Unsigned.requireU64("bytes", bytes);
            Unsigned.requireU32("crc", crc);
        }
    }

    /** Everything but the message. */
    static final int FIXED_BYTES = 61;

    public Exit {
        Unsigned.requireU8("exitCode", exitCode);
        Unsigned.requireU8("signal", signal);
        if (exitCode != 0 && outcome != ExitOutcome.EXITED) {
            throw new IllegalArgumentException("exitCode " + exitCode + " with outcome " + outcome.wireName());
        }
        if (signal != 0 && outcome != ExitOutcome.SIGNALLED) {
            throw new IllegalArgumentException("signal " + signal + " with outcome " + outcome.wireName());
        }
        if (!message.isEmpty() && !outcome.hasMessage()) {
            throw new IllegalArgumentException("a message with outcome " + outcome.wireName());
        }
        int size = Bytes.utf8(message).size();
        if (FIXED_BYTES + size > Protocol.MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException("a message of " + size + " bytes does not fit into EXIT");
        }
    }
}
