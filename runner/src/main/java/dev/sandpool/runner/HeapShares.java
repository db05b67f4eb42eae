package dev.sandpool.runner;

import dev.sandpool.runner.http.RequestHead;
import dev.sandpool.runner.run.OptionMemory;
import dev.sandpool.runner.run.Upload;

/**
 * How much of the heap strangers and callers may fill, by what they fill it with; all shares together are three quarters. The table in
 * docs/threat-model.md says for each kind of bytes which share bounds it.
 *
 * @param heap bytes
 */
public record HeapShares(long heap) {
    // What a connection costs that waits for its next request, with a head of usual size: 8 KiB of buffer, and as much
    // again.
    private static final int BYTES_OF_A_CONNECTION = 16 * 1024;
    // A live run's two channels, before they borrow, and few options.
    private static final int BYTES_OF_A_LIVE_RUN = 64 * 1024 + OptionMemory.FREE_BYTES;
    private static final int MOST_CONNECTIONS = 4096;
    private static final int MOST_LIVE_RUNS = 1024;
    private static final int MAX_PENDING_UPLOADS = 256;
    private static final long MOST_KEPT_ANSWERS = 64L << 20;
    private static final int FEWEST = 16;

    /** Of this JVM. */
    public static HeapShares ofThisProcess() {
        return new HeapShares(Runtime.getRuntime().maxMemory());
    }

    /** An eighth: what is held in memory of bodies, binary messages, outputs and kept answers. The rest of them is on disk or in the sockets. */
    public long bodies() {
        return heap / 8;
    }

    /** How much of {@link #bodies} kept answers may fill: a quarter, however large the heap is at most 64 MiB. */
    public long keptAnswers() {
        return Math.min(bodies() / 4, MOST_KEPT_ANSWERS);
    }

    /** An eighth: open connections, each with what it costs when it does nothing. */
    public int connections() {
        return places(heap / 8 / BYTES_OF_A_CONNECTION, MOST_CONNECTIONS);
    }

    /** A sixteenth: heads of requests that are larger than usual, in pieces of {@link RequestHead#PIECE} bytes. */
    public int headPieces() {
        return places(heap / 16 / RequestHead.PIECE, Integer.MAX_VALUE);
    }

    /** Three thirty-seconds: open live runs. */
    public int liveRuns() {
        return places(heap * 3 / 32 / BYTES_OF_A_LIVE_RUN, MOST_LIVE_RUNS);
    }

    /** A sixteenth: options of runs that are larger than usual, in pieces of {@link OptionMemory#PIECE} bytes. */
    public int optionPieces() {
        return places(heap / 16 / OptionMemory.PIECE, Integer.MAX_VALUE);
    }

    /** An eighth: requests whose first bytes are awaited. */
    public int pendingUploads() {
        return places(heap / 8 / Upload.BYTES_OF_ONE_WHO_WAITS, MAX_PENDING_UPLOADS);
    }

    /** Five thirty-seconds: requests that wait for a slot. */
    public int queue() {
        return places(heap * 5 / 32 / Upload.BYTES_OF_ONE_WHO_WAITS, Integer.MAX_VALUE);
    }

    private static int places(long affordable, int most) {
        return Math.clamp(affordable, FEWEST, most);
    }
}
