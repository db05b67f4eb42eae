package dev.sandpool.runner.sandbox;

import dev.sandpool.crds.LauncherSpec;
import dev.sandpool.protocol.Bytes;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The commands that run programs which the kernel cannot execute. The bytes of a program select its command while they
 * are uploaded.
 */
public final class Launchers {
    /** No launchers: each program is executed directly. */
    public static final Launchers NONE = new Launchers(List.of());

    // The maximum that the CRD allows for a pool.
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
     * Returns the launchers of a pool, in their order.
     *
     * @throws IllegalArgumentException with the broken rule; the API server refuses the same values
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

    /** Starts to inspect one program. */
    public Look look() {
        return new Look();
    }

    /** The inspection of one program while its bytes pass. Not thread-safe. */
    public final class Look {
        private final byte[] head = new byte[headBytes];
        private final BytePatterns.Search search = patterns.search();
        private int headLength;
        // The launchers that match the first bytes, one bit for each. Negative until that is known.
        private int possible = -1;

        public void at(byte[] piece, int offset, int length) {
            int more = Math.min(length, head.length - headLength);
            System.arraycopy(piece, offset, head, headLength, more);
            headLength += more;
            if (isOpen()) {
                search.add(piece, offset, length);
            }
        }

        /** Returns whether a pattern can still change the result. Of the launchers that match, the first wins. */
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

        /** Returns the command that runs the program; empty if none does. Call it when all bytes have passed. */
        public List<Bytes> command() {
            int first = Integer.numberOfTrailingZeros(fitting() & search.seen());
            return first < launchers.size() ? launchers.get(first).command() : List.of();
        }
    }
}
