package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Facts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * Tracks what a sandbox has cached of its last program. If the next program has the same pieces, only references to
 * them are sent. A byte that passes through the API server and the kubelet costs about 70 ns of CPU time
 * (docs/decisions/0005), and clients that try one program with many inputs send the same bytes each time.
 *
 * <p>The runner stores no program, only the SHA-256 of each piece. A collision could at most make a caller's program
 * run as another program of the same caller. One run at a time, and {@link #confirm} between two runs; thread-safe in
 * that order.
 */
final class ProgramCache {
    private static final long MOST_BYTES = 16L << 20;

    // The pieces that contained has, in their order.
    private List<byte[]> known = List.of();
    private List<byte[]> sent = List.of();
    private long sentBytes;
    private long hitBytes;

    /**
     * Returns the maximum size of a program that may be cached, in a sandbox with room for {@code binaryBytes}: half of
     * that, because the cached program is in memory together with the next one.
     */
    static long maxBytes(long binaryBytes) {
        return Math.min(MOST_BYTES, binaryBytes / 2);
    }

    /** Begins a run. Its program is to be cached if it has at most {@code keepBytes}; 0: not at all. */
    synchronized Upload begin(ProgramFrames down, long keepBytes) {
        Upload upload = new Upload(down, known, keepBytes);
        known = List.of();
        sent = List.of();
        hitBytes = 0;
        return upload;
    }

    private synchronized void wasSent(List<byte[]> pieces, long bytes) {
        sent = pieces;
        sentBytes = bytes;
    }

    private synchronized void hit(long bytes) {
        hitBytes += bytes;
    }

    /** Returns the number of bytes of the last program that were not sent. */
    synchronized long cacheHitBytes() {
        return hitBytes;
    }

    /** Takes the facts of the new HELLO, which say what contained has cached. */
    synchronized void confirm(Facts facts) {
        boolean hasIt =
                facts.value(Facts.KEPT).filter(Long.toString(sentBytes)::equals).isPresent();
        known = hasIt ? sent : List.of();
        sent = List.of();
    }

    /** One program on its way to the sandbox. */
    final class Upload {
        private final ProgramFrames down;
        private final List<byte[]> before;
        private final List<byte[]> pieces = new ArrayList<>();
        private final long keepBytes;
        private long bytes;
        private int index;
        private long same;

        private Upload(ProgramFrames down, List<byte[]> before, long keepBytes) {
            this.down = down;
            this.before = before;
            this.keepBytes = keepBytes;
        }

        /** Sends the next bytes. All pieces but the last have the same size, in every program. */
        void add(byte[] piece, int length) throws IOException {
            bytes += length;
            if (isSame(piece, length)) {
                same += length;
            } else {
                sendSame();
                down.write(piece, length);
            }
            index++;
        }

        /**
         * Returns whether the program before had the same piece. Also notes the piece for the next program, if this one
         * may be cached so far.
         */
        private boolean isSame(byte[] piece, int length) {
            boolean mayBeKnown = index < before.size();
            boolean mayBeKept = bytes <= keepBytes;
            if (!mayBeKnown && !mayBeKept) {
                return false;
            }
            byte[] digest = digest(piece, length);
            if (mayBeKept) {
                pieces.add(digest);
            }
            return mayBeKnown && Arrays.equals(digest, before.get(index));
        }

        private static byte[] digest(byte[] piece, int length) {
            var digest = DigestUtils.getSha256Digest();
            digest.update(piece, 0, length);
            return digest.digest();
        }

        private void sendSame() throws IOException {
            if (same > 0) {
                down.writeKept(same);
                hit(same);
                same = 0;
            }
        }

        /** Completes the program. */
        void end() throws IOException {
            sendSame();
            if (bytes <= keepBytes) {
                wasSent(pieces, bytes);
            }
        }
    }
}
