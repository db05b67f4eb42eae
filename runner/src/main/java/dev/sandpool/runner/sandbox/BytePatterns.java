package dev.sandpool.runner.sandbox;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Searches for several byte patterns at once in bytes that arrive in pieces. The bytes are hostile, so the time is
 * linear in their number for all inputs. Where no pattern can begin, the search skips ahead by the last two bytes of a
 * window (Wu-Manber). Elsewhere each byte is one step of an automaton (Aho-Corasick).
 */
final class BytePatterns {
    /** The minimum length of a pattern, in bytes. Shorter patterns would leave nothing to skip. */
    static final int SHORTEST = 4;

    private static final int BYTES = 256;
    private static final int ROOT = 0;
    // Small enough to stay in the L1 cache. A collision of two pairs only makes a skip shorter.
    private static final int PAIRS = 4096;

    private final int window;
    private final int longestSkip;
    private final byte[] skips = new byte[PAIRS];
    // The automaton: next by state and byte, the others by state. A pattern has at most 256 bytes, so a char is large
    // enough for a state.
    private final char[] next;
    private final int[] found;

    /** @param patterns at most 32 patterns, each of 4 to 256 bytes or empty; an empty pattern is always found */
    BytePatterns(List<byte[]> patterns) {
        window = patterns.stream()
                .mapToInt(pattern -> pattern.length)
                .filter(length -> length > 0)
                .min()
                .orElse(0);
        longestSkip = Math.clamp(window - 1, 0, Byte.MAX_VALUE);
        int states = 1 + patterns.stream().mapToInt(pattern -> pattern.length).sum();
        next = new char[states * BYTES];
        found = new int[states];
        fillSkips(patterns);
        linkFailures(trie(patterns));
    }

    private void fillSkips(List<byte[]> patterns) {
        // Treats each pattern as if it had the length of the shortest. The automaton checks the rest.
        Arrays.fill(skips, (byte) longestSkip);
        for (byte[] pattern : patterns) {
            for (int end = 2; end <= Math.min(window, pattern.length); end++) {
                int pair = pair(pattern, end - 2);
                skips[pair] = (byte) Math.min(skips[pair], window - end);
            }
        }
    }

    private List<Integer> trie(List<byte[]> patterns) {
        var parents = new ArrayList<Integer>();
        for (int i = 0; i < patterns.size(); i++) {
            int state = ROOT;
            for (byte b : patterns.get(i)) {
                int edge = state * BYTES + (b & 0xff);
                if (next[edge] == ROOT) {
                    parents.add(state);
                    next[edge] = (char) parents.size();
                }
                state = next[edge];
            }
            found[state] |= 1 << i;
        }
        return parents;
    }

    /** Works breadth first, so that the state to fall back to already has all its edges. */
    private void linkFailures(List<Integer> parents) {
        int[] fallback = new int[parents.size() + 1];
        var states = new ArrayDeque<Integer>(List.of(ROOT));
        while (!states.isEmpty()) {
            int state = states.remove();
            for (int b = 0; b < BYTES; b++) {
                int edge = state * BYTES + b;
                int otherwise = state == ROOT ? ROOT : next[fallback[state] * BYTES + b];
                if (next[edge] == ROOT) {
                    next[edge] = (char) otherwise;
                } else {
                    fallback[next[edge]] = otherwise;
                    found[next[edge]] |= found[otherwise];
                    states.add((int) next[edge]);
                }
            }
        }
    }

    private static int pair(byte[] bytes, int at) {
        return ((bytes[at] & 0xff) << 4) ^ (bytes[at + 1] & 0xff);
    }

    Search search() {
        return new Search();
    }

    /** Returns whether there is no pattern to search for. */
    boolean isEmpty() {
        return window == 0;
    }

    /** One search. Not thread-safe. */
    final class Search {
        private int state = ROOT;
        private int seen = found[ROOT];

        /** Returns the patterns that were found so far, one bit for each. */
        int seen() {
            return seen;
        }

        void add(byte[] bytes, int offset, int length) {
            int at = offset;
            int end = offset + length;
            while (at < end && !isEmpty()) {
                if (state == ROOT) {
                    at = skip(bytes, at, end);
                }
                at = step(bytes, at, end);
            }
        }

        /**
         * Returns the first position where a pattern may begin, or where too few bytes are left to decide. Expects that
         * no pattern has begun.
         */
        private int skip(byte[] bytes, int from, int end) {
            int at = from;
            int last = end - window;
            while (at <= last) {
                int skip = skips[pair(bytes, at + window - 2)];
                if (skip == longestSkip) {
                    // With a constant distance the processor does not wait for the table.
                    at += longestSkip;
                } else if (skip == 0) {
                    return at;
                } else {
                    at += skip;
                }
            }
            return at;
        }

        /** Steps the automaton until it is back in the state where no pattern has begun. */
        private int step(byte[] bytes, int from, int end) {
            int at = from;
            int now = state;
            while (at < end) {
                now = next[now * BYTES + (bytes[at++] & 0xff)];
                seen |= found[now];
                if (now == ROOT) {
                    break;
                }
            }
            state = now;
            return at;
        }
    }
}
