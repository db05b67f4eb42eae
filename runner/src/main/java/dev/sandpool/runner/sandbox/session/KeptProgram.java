package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Facts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * What a sandbox has kept of its last program. Of a next one that is the same, or begins or goes on in the same way, only that is said: a
 * byte that goes through the API server and the kubelet costs about 70 ns of CPU time (docs/decisions/0005), and those who try
 * one program with many inputs send the same ones each time.
 *
 * <p>The runner keeps no program, only the SHA-256 of each of its pieces: a caller could at most mistake its own program for another of
 * its own. One run at a time, and between two of them {@link #confirm}; safe for several threads in that order.
 */
final class KeptProgram {
    private static final long MOST_BYTES = 16L << 20;

    // Of the pieces that contained has, in their order.
    private List<byte[]> known = List.of();
    private List<byte[]> sent = List.of();
    private long sentBytes;
    private long spared;

    /**
     * The most that a program may have to be kept, in a sandbox that has room for a program of so many bytes. Half of that: the kept one
     * lies in memory beside the next.
     */
    static long mostBytes(long binaryBytes) {
        return Math.min(MOST_BYTES, binaryBytes / 2);
    }

    /** A run begins, whose program is to be kept if it has at most so many bytes; 0: not at all. */
    synchronized Sending begin(ProgramFrames down, long keepBytes) {
        Sending sending = new Sending(down, known, keepBytes);
        known = List.of();
        sent = List.of();
        spared = 0;
        return sending;
    }

    private synchronized void wasSent(List<byte[]> pieces, long bytes) {
        sent = pieces;
        sentBytes = bytes;
    }

    private synchronized void wasSpared(long bytes) {
        spared += bytes;
    }

    /** How many bytes of the last program were not sent. */
    synchronized long bytesSpared() {
        return spared;
    }

    /** contained has greeted again, and this is what it says that it has. */
    synchronized void confirm(Facts facts) {
        boolean hasIt =
                facts.value(Facts.KEPT).filter(Long.toString(sentBytes)::equals).isPresent();
        known = hasIt ? sent : List.of();
        sent = List.of();
    }

    /** One program on its way down. */
    final class Sending {
        private final ProgramFrames down;
        private final List<byte[]> before;
        private final List<byte[]> pieces = new ArrayList<>();
        private final long keepBytes;
        private long bytes;
        private int index;
        private long same;

        private Sending(ProgramFrames down, List<byte[]> before, long keepBytes) {
            this.down = down;
            this.before = before;
            this.keepBytes = keepBytes;
        }

        /** Its next bytes. All pieces but the last are of one size, of every program. */
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

        /** As in the program before; notes the piece for the next one, if this program may be kept so far. */
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
                wasSpared(same);
                same = 0;
            }
        }

        /** It is complete. */
        void end() throws IOException {
            sendSame();
            if (bytes <= keepBytes) {
                wasSent(pieces, bytes);
            }
        }
    }
}
