package dev.sandpool.runner.sandbox;

import dev.sandpool.crds.LauncherSpec;
import dev.sandpool.protocol.Bytes;
import java.util.List;
import java.util.stream.IntStream;

/** What runs programs that the kernel does not: which command it is for a program is told by the program's bytes, as they go by. */
public final class Launchers {
    /** Each program is executed itself. */
    public static final Launchers NONE = new Launchers(List.of());

    // As many as a pool may have.
    private static final int MOST = 16;

    private final List<Launcher> launchers;
    private final int headBytes;
    private final BytePatterns patterns;

    private Launchers(List<Launcher> launchers) {
        this.launchers = launchers;
        this.headBytes = launchers.stream().mapToInt(Launcher::headBytes).max().orElse(0);
        this.patterns =
                new BytePatterns(launchers.stream().map(Launcher::contains).toList());
    }

    /**
     * Those of a pool, in their order.
     *
     * @throws IllegalArgumentException naming what the API server would not have let through either
     */
    public static Launchers of(List<LauncherSpec> specs) {
        if (specs.size() > MOST) {
            throw new IllegalArgumentException(
                    "launchers: there are " + specs.size() + ", at most " + MOST + " are allowed");
        }
        return specs.isEmpty()
                ? NONE
                : new Launchers(specs.stream().map(Launcher::new).toList());
    }

    /** For one program. */
    public Look look() {
        return new Look();
    }

    /** A look at one program as it goes by. */
    public final class Look {
        private final byte[] head = new byte[headBytes];
        private final BytePatterns.Search search = patterns.search();
        private int headLength;
        // Those that the first bytes allow, a bit for each. Negative before it is known.
        private int possible = -1;

        public void at(byte[] piece, int offset, int length) {
            int more = Math.min(length, head.length - headLength);
            System.arraycopy(piece, offset, head, headLength, more);
            headLength += more;
            if (isOpen()) {
                search.add(piece, offset, length);
            }
        }

        /** Whether a pattern can still change anything: of those that fit, the first wins. */
        private boolean isOpen() {
            if (headLength < head.length) {
                return !patterns.isEmpty();
            }
            if (possible < 0) {
                possible = fitting();
            }
            return (Integer.lowestOneBit(possible) & ~search.seen()) != 0;
        }

        private int fitting() {
            return IntStream.range(0, launchers.size())
                    .filter(i -> launchers.get(i).fits(head, headLength))
                    .map(i -> 1 << i)
                    .sum();
        }

        /** When all of the program has gone by: the command that runs it, or nothing. */
        public List<Bytes> command() {
            int first = Integer.numberOfTrailingZeros(fitting() & search.seen());
            return first < launchers.size() ? launchers.get(first).command() : List.of();
        }
    }
}
