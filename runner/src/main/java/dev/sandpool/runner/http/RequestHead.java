package dev.sandpool.runner.http;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.admission.Ration;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The memory that a connection holds for a request before any handler has seen it, and the deadline for the rest of it,
 * or for its response. A small head is part of the fixed cost of a connection. A larger one takes permits from a stock
 * that all connections share, of which one address never has more than is left for others. For the connection's thread
 * only, except {@link #isLate}.
 */
public final class RequestHead {
    /**
     * The maximum size of all headers of a request together, in bytes. All arguments must fit into one START frame of
     * 64 KiB, with room for the rest of it. A larger head is answered with 431.
     */
    public static final int MOST_HEADER_BYTES = 60 * 1024;

    /** The size of one permit, in bytes. */
    public static final int PIECE = 4 * 1024;

    // Counted from the first byte of a head; for the first head, from the start of the connection. It is twenty times
    // what a distant client needs.
    private static final Duration TIME = Duration.ofSeconds(10);
    // The objects that Helidon makes of a line: a name, a value, and their entry in a map.
    private static final int BYTES_OF_A_LINE = 256;
    private static final int FREE_BYTES = 8 * 1024;
    private static final byte[] END = {'\r', '\n', '\r', '\n'};

    private final Ration ration;
    private final LongSupplier nanoClock;
    private boolean coming;
    // How many characters of the end of a head, an empty line with the line end before it, have just come.
    private int endSeen;
    private volatile Optional<Long> deadline = Optional.empty();

    /** Starts with a connection that was just opened: its first head has to arrive in time. */
    RequestHead(FairSemaphore stock, Caller address, LongSupplier nanoClock) {
        this.ration = new Ration(stock, address, FREE_BYTES, PIECE);
        this.nanoClock = nanoClock;
        coming = true;
        mustComeWithin(TIME);
    }

    /**
     * Counts bytes of a head, and perhaps of the body behind it.
     *
     * @return whether there is room for them
     */
    boolean hasRoomFor(byte[] part) {
        if (!coming) {
            coming = true;
            mustComeWithin(TIME);
        }
        long cost = part.length;
        for (int i = 0; i < part.length && endSeen < END.length; i++) {
            cost += part[i] == '\n' ? BYTES_OF_A_LINE : 0;
            endSeen = part[i] == END[endSeen] ? endSeen + 1 : part[i] == END[0] ? 1 : 0;
        }
        return hasRoomFor(cost);
    }

    /**
     * Counts other bytes that are held.
     *
     * @return whether there is room for them
     */
    boolean hasRoomFor(long more) {
        return ration.take(more);
    }

    /** Notes that the head is complete. The request has its own time limit. */
    void isWhole() {
        deadline = Optional.empty();
    }

    /** Releases the memory. The next head may begin at any time. */
    void isOver() {
        deadline = Optional.empty();
        coming = false;
        endSeen = 0;
        ration.giveBack();
    }

    /** Sets the time in which everything that is still to come must arrive, or the response must have been taken. */
    void mustComeWithin(Duration time) {
        deadline = Optional.of(nanoClock.getAsLong() + time.toNanos());
    }

    /** Returns whether the deadline has passed. From any thread. */
    boolean isLate() {
        return deadline.map(at -> nanoClock.getAsLong() - at >= 0).orElse(false);
    }
}
