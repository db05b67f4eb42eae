package dev.sandpool.runner;

import dev.sandpool.runner.http.RequestHead;
import dev.sandpool.runner.run.OptionMemory;
import dev.sandpool.runner.run.Upload;

/**
 * The shares of the heap that clients may fill, by what they fill it with. All shares together are three quarters. Each
 * share that is a number of places has at least 16 of them, and some have a fixed maximum. The table in
 * docs/threat-model.md names the share that bounds each kind of bytes.
 *
 * @param heap the maximum size of the heap in bytes
 */
public record HeapShares(long heap) {
    // The cost of a connection that waits for its next request, with a head of usual size: 8 KiB of buffer, and as much
    // again.
    private static final int BYTES_OF_A_CONNECTION = 16 * 1024;
    // The two channels of a live run before they borrow, and a few options.
    private static final int BYTES_OF_A_LIVE_RUN = 64 * 1024 + OptionMemory.FREE_BYTES;
    private static final int MOST_CONNECTIONS = 4096;
    private static final int MOST_LIVE_RUNS = 1024;
    private static final int MAX_PENDING_UPLOADS = 256;
    private static final long MOST_KEPT_ANSWERS = 64L << 20;
    private static final int FEWEST = 16;

    /** Returns the shares of this JVM. */
    public static HeapShares ofThisProcess() {
        return new HeapShares(Runtime.getRuntime().maxMemory());
    }

    /**
     * Returns an eighth of the heap, in bytes: bodies, binary messages, outputs and cached answers in memory. The rest
     * of them is on disk or in the sockets.
     */
    public long bodies() {
        return heap / 8;
    }

    /** Returns the part of {@link #bodies} for cached answers, in bytes: a quarter, but at most 64 MiB. */
    public long keptAnswers() {
        return Math.min(bodies() / 4, MOST_KEPT_ANSWERS);
    }

    /** Returns how many connections may be open: an eighth of the heap, by the cost of an idle one. */
    public int connections() {
        return places(heap / 8 / BYTES_OF_A_CONNECTION, MOST_CONNECTIONS);
    }

    /**
     * Returns the permits for heads of requests that are larger than usual: a sixteenth of the heap, in pieces of
     * {@link RequestHead#PIECE} bytes.
     */
    public int headPieces() {
        return places(heap / 16 / RequestHead.PIECE, Integer.MAX_VALUE);
    }

    /** Returns how many live runs may be open: three thirty-seconds of the heap. */
    public int liveRuns() {
        return places(heap * 3 / 32 / BYTES_OF_A_LIVE_RUN, MOST_LIVE_RUNS);
    }

    /**
     * Returns the permits for options that are larger than usual: a sixteenth of the heap, in pieces of {@link
     * OptionMemory#PIECE} bytes.
     */
    public int optionPieces() {
        return places(heap / 16 / OptionMemory.PIECE, Integer.MAX_VALUE);
    }

    /** Returns how many requests may wait for their first bytes: an eighth of the heap. */
    public int pendingUploads() {
        return places(heap / 8 / Upload.BYTES_OF_ONE_WHO_WAITS, MAX_PENDING_UPLOADS);
    }

    /** Returns how many requests may wait for a slot: five thirty-seconds of the heap. */
    public int queue() {
        return places(heap * 5 / 32 / Upload.BYTES_OF_ONE_WHO_WAITS, Integer.MAX_VALUE);
    }

    private static int places(long affordable, int most) {
        return Math.clamp(affordable, FEWEST, most);
    }
}
