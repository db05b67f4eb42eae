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

    private final int window;
    private final byte[] skips = new byte[BYTES * BYTES];
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
        int states = 1 + patterns.stream().mapToInt(pattern -> pattern.length).sum();
        next = new char[states * BYTES];
        found = new int[states];
        fillSkips(patterns);
        linkFailures(trie(patterns));
    }

    private void fillSkips(List<byte[]> patterns) {
        // As if each were as long as the shortest: the rest is the automaton's.
        Arrays.fill(skips, (byte) Math.min(window - 1, Byte.MAX_VALUE));
        for (byte[] pattern : patterns) {
            for (int end = 2; end <= Math.min(window, pattern.length); end++) {
                int block = block(pattern[end - 2], pattern[end - 1]);
                skips[block] = (byte) Math.min(skips[block], window - end);
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

    private static int block(byte first, byte second) {
        return ((first & 0xff) << 8) | (second & 0xff);
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
            while (at <= end - window) {
                int skip = skips[block(bytes[at + window - 2], bytes[at + window - 1])];
                if (skip == 0) {
                    return at;
                }
                at += skip;
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
