package dev.sandpool.runner.sandbox;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Looks for several byte patterns at once in bytes that come piece by piece. The bytes are hostile, so the time is linear in them
 * whatever they are: where no pattern can begin they are skipped, by the last two bytes of a window (Wu and Manber), and elsewhere each
 * byte is one step of an automaton (Aho and Corasick).
 */
final class BytePatterns {
    /** A shorter one would leave nothing to skip by. */
    static final int SHORTEST = 4;

    private static final int BYTES = 256;
    private static final int ROOT = 0;
    // Small enough to stay in the nearest cache: pairs that share a place only skip less.
    private static final int PAIRS = 4096;

    private final int window;
    private final int longestSkip;
    private final byte[] skips = new byte[PAIRS];
    // By state and byte, and by state: the automaton. A pattern has at most 256 bytes, so a char counts all states.
    private final char[] next;
    private final int[] found;

    /** @param patterns at most 32, each of 4 to 256 bytes, or empty: that one is found without a look */
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
        // As if each were as long as the shortest: the rest is the automaton's.
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

    /** Breadth first, so that the state to fall back to has all its edges already. */
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

    /** Whether there is nothing to look for. */
    boolean isEmpty() {
        return window == 0;
    }

    /** One search, by one thread. */
    final class Search {
        private int state = ROOT;
        private int seen = found[ROOT];

        /** The patterns that were found so far, a bit for each. */
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

        /** To where a pattern may begin, or where too little is left to tell. No pattern has begun before. */
        private int skip(byte[] bytes, int from, int end) {
            int at = from;
            int last = end - window;
            while (at <= last) {
                int skip = skips[pair(bytes, at + window - 2)];
                if (skip == longestSkip) {
                    // By a number that is known beforehand, the processor goes on without waiting for the table.
                    at += longestSkip;
                } else if (skip == 0) {
                    return at;
                } else {
                    at += skip;
                }
            }
            return at;
        }

        /** Until no pattern has begun. */
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
